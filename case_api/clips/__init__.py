"""Clips: pieces of conversations, cut for coaching and shared with the site's consultants."""
