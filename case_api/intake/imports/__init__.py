"""Cases from a CSV file."""
