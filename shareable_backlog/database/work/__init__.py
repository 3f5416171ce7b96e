"""Read cycles, and what slipped out of them."""
