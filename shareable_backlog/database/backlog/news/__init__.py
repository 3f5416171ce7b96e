"""Read what is new and what moved: the items that came last, and what was noted since a day."""
