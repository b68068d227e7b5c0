"""What the sales records say, beside what the form says."""
