"""Filters of a list that somebody wants again, each person's own."""
