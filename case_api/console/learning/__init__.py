"""Learning from conversations, for trainers and site managers: one page, a tab for each question."""
