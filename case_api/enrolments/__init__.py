"""A staff member's own voice, enrolled with their own consent."""
