"""The past of items, from before the mirror saw them."""
