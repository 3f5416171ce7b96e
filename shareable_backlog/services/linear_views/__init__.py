"""Views made in Linear, published here where every clause of their filters has a meaning here."""
