"""The keyword log to take away: without names, numbers and addresses."""
