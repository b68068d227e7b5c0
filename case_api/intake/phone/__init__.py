"""The customer's phone number, verified by a one-time code."""
