"""What to say and what to listen for: scripts and lexicon as files a trainer edits, and the code that matches and ranks them."""
