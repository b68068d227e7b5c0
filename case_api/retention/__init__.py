"""How long records stay: two years at the least, longer under a legal hold, then completely gone but for a tombstone."""
