"""Answer for projects."""
