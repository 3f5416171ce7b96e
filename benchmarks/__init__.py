"""Measure the product side by side with something comparable: `python -m benchmarks`, or `make bench`."""
