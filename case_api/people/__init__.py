"""Accounts and their roles, for administrators."""
