"""Keep the audit log and read its chain."""
