"""Read Linear's own published schema, which lies beside the project on some machines."""

from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema

_FILE = Path(__file__).parents[5] / "shared" / "linear" / "schema.graphql"

WITHOUT = "needs Linear's published schema beside the project"
"""Why a test is skipped where it does not lie."""

needed = pytest.mark.skipif(not _FILE.exists(), reason=WITHOUT)  # Linear's file, not ours to carry
"""Mark a test that reads it: the schema is Linear's own, which the project may not carry."""


@cache
def schema() -> GraphQLSchema:
    """Return the whole published schema; takes a second the first time."""
    return build_schema(_FILE.read_text(encoding="utf-8"), assume_valid=True)
