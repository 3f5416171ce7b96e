"""Look at PostgreSQL and get in its way, beside the program: its catalogue, locks, connections, processes, files."""
