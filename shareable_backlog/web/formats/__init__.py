"""Write formats other than pages: Atom, CSV, OpenAPI."""
