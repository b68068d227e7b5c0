"""Figures of the cases: why customers withdraw, how long it takes, what it leads to, what they say of it."""
