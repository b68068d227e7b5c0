"""Before and after: complaints and escalations of every hundred conversations around a site's day of going live."""
