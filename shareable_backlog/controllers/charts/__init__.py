"""Pages that show items as pictures: where they stand, instead of one below the other."""
