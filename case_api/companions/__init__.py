"""What those who oversee a site do while a conversation runs: a hint to the staff member's phone, listening in."""
