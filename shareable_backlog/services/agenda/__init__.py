"""Put the agenda of a meeting together, and keep it as it was that day."""
