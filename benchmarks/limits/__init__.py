"""Measure what a stranger can do to everybody else."""
