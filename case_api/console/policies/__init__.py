"""Rules as versions: what holds, what is drafted, and the way from the one to the other."""
