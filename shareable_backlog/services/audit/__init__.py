"""Record who did what, show it, and prove it."""
