"""Let requests in, and people sign in."""
