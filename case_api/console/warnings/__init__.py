"""Early warnings in the browser: the board, one warning, the rules, the programs that tell of customers."""
