"""Commands about the mirror: fill it, and tell how it is."""
