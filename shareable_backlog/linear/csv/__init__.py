"""Read Linear's own CSV export."""
