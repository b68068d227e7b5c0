"""What happened, as others are told of it: the closed list of events, who takes them from the outbox, and what carries them outside."""
