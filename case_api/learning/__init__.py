"""Learning from conversations: the keyword log, what scripts achieve, new terms, groups of complaints, before and after."""
