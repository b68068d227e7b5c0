"""What a rule set would have seen in the past."""
