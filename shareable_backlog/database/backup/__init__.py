"""Write the database to one file and read it back, with PostgreSQL's own programs, and say what such a file holds."""
