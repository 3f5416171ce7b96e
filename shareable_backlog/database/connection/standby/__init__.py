"""Read lists from a standby, wherever it is as new as what the primary had said."""
