"""Reach PostgreSQL: where it is, the pool, one statement or several as one, what went wrong."""
