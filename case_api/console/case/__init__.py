"""The page of one case: what is known, what is to be done, what happened."""
