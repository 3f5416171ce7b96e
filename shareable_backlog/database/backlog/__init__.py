"""Read the backlog: which items a page has, their facts, and what may be shown of them."""
