"""A sync under which Linear, PostgreSQL or the process itself breaks down."""
