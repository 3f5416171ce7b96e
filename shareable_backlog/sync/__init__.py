"""Bring Linear's backlog into PostgreSQL: plan the streams, fetch pages, map nodes to rows, store them."""
