"""Answer GraphQL as Linear does: its schema, its count of points, and a short way for queries asked often."""
