"""What was told of customers: taken once, from requests and from this program itself."""
