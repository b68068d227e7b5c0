"""The script desk: what is said and listened for is drafted by one person, approved by another, and undone by an older version."""
