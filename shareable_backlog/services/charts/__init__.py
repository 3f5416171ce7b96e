"""Items in pictures: what stands where, and how many."""
