"""The script library over REST: what may be said, what is listened for, and what a sentence would set off."""
