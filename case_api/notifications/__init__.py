"""Notifications: what people are told, in their inbox and on channels of their own."""
