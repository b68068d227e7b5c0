"""Withdrawal cases, the little of them that a conversation is linked to."""
