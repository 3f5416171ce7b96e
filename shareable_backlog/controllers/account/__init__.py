"""Answer for what is a person's own."""
