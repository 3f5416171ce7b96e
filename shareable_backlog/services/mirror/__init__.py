"""Ask for runs of the mirror, take in deliveries, and say how fresh it is."""
