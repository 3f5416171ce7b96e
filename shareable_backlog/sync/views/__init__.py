"""Views made in Linear, at the end of a run."""
