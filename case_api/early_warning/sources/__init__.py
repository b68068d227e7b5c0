"""Programs that tell of customers."""
