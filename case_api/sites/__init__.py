"""Sales offices."""
