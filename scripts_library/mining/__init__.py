"""Learning from what was said: pure functions on plain rows. Nothing here knows a database, a clock or a request."""
