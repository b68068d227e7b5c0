"""Time limits of the work on a case: reminders before, escalation after, pauses and extensions with a reason."""
