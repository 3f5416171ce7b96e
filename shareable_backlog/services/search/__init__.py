"""Show where the words of a search stand, and keep its index fresh."""
