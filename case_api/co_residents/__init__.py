"""The co-resident acknowledgement (《共居人知情确认书》) at subscription: recorded, signed, checked."""
