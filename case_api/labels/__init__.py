"""Truth about conversations: who spoke when and when it escalated, as a person heard it, for `calmdesk eval`."""
