"""Printable documents: what a customer signs, what finance files."""
