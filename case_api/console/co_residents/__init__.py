"""Co-residents' acknowledgements (《共居人知情确认书》): asked for before a subscription, recorded, signed, printed."""
