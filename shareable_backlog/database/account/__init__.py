"""Keep what people choose for themselves: preferences, views, tokens."""
