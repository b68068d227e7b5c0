"""One conversation while it runs: what was heard becomes messages, rows and prompts."""
