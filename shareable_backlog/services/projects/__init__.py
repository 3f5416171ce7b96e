"""Show projects."""
