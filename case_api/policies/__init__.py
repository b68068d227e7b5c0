"""Policy tables in versions: who approves what, what may be paid back, and how long each piece of work may take."""
