"""A customer takes the consent to a recording back: what is written down, and what it ends."""
