"""Correcting what was recognised: in versions, the original stays."""
