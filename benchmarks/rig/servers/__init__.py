"""Hold the servers that ours is measured beside."""
