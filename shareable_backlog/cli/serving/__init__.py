"""Serve the pages, and say how that is."""
