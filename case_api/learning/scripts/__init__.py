"""Whether scripts work: the customer after a prompt, what ranking learned of it, and what a site agreed to for learning's sake."""
