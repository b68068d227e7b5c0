"""Evidence of a case: uploads kept by their content, and what was said, cited from a recording."""
