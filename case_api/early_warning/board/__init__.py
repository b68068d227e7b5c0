"""Warnings: raised, answered, closed."""
