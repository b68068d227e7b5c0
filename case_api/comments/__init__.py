"""Comments at a moment of a conversation, by whoever may hear it."""
