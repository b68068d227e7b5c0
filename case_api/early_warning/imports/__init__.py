"""Events from CSV and Excel files."""
