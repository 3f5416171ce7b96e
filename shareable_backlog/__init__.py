"""A read-only, always-fresh mirror of a Linear backlog in PostgreSQL, shown to people whom an admin approved."""

__version__ = "0.1.0"
