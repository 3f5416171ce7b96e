"""Tests of the documents: the site that they make, that they are whole, and that their commands work."""
