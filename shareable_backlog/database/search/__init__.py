"""Take texts apart into words, keep them in an index, and match them."""
