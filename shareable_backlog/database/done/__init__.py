"""Read what was finished when, and keep what admins call it."""
