"""What waits for whom: the open work of the cases."""
