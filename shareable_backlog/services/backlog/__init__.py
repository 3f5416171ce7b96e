"""Show the backlog: lists, groups, items, changes."""
