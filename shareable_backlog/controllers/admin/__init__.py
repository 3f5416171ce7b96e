"""Answer for what admins do."""
