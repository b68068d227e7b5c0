"""Intake: what is collected before a case is assessed (「四步法·第一步」)."""
