"""Show what was finished, by week, project, label or release, under headings that admins write."""
