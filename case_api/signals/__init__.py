"""From the ear to the desk: signals of conversations, suggestions for people to confirm or dismiss."""
