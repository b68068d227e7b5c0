"""The state of the service, for administrators."""
