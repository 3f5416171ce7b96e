"""Answer for the backlog: lists, items, changes, exports."""
