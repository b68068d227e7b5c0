"""Approvals: rounds of required approvers, their decisions, and decisions lent to somebody else for a time."""
