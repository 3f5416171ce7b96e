"""Limit what one connection may take from all others: time, size, number."""
