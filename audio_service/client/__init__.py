"""A phone without a person: plays a file into a running service exactly as the phone page does."""
