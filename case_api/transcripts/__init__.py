"""Search over what was said in every conversation."""
