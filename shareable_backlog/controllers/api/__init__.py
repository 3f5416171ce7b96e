"""Answer programs."""
