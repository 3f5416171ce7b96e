"""Counts of items: in all, in the cells of a table, of lists narrowed in other ways."""
