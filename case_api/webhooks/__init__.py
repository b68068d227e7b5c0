"""Webhooks: other programs are told of events, signed and at least once."""
