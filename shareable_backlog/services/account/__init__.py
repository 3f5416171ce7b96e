"""Let people keep what is their own: preferences, views, tokens."""
