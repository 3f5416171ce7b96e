"""Speak GraphQL with Linear over HTTP: as whom, how often, and what its answers mean."""
