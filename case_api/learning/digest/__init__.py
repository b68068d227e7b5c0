"""Groups of complaints, and the week's digest for a training session."""
