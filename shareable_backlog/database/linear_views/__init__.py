"""Views made in Linear: what they name, and which of them are published."""
