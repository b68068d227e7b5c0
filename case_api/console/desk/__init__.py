"""The script desk: forms with the phone's card beside them, reviews, versions, files."""
