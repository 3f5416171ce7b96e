"""Find out what a stranger, or many readers at once, can do to everybody else."""
