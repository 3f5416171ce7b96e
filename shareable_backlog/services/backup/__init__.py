"""Prove that a backup can be brought back, and move the database from one server to another."""
