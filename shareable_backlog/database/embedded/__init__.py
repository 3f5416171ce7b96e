"""Run PostgreSQL ourselves while there is no DATABASE_URL."""
