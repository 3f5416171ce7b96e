"""Read what a monitoring system is told of the whole installation, by statements whose cost has a limit."""
