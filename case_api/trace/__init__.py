"""Who did what, when, from where: the audit record for people, and the whole story of a case in one list."""
