"""The table of what is shown has every column of the mirror, and a test for each that is."""

import re
from pathlib import Path

from shareable_backlog.streams import STREAMS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/fields.md").read_text(encoding="utf-8")
_SHOWN = re.compile(r"^\| `(\w+\.\w+)` \| `([^`]+)` \| [^|]+ \| `(tests/[\w/]+\.py)::(test_\w+)` \|$", re.MULTILINE)
_NOT_SHOWN = re.compile(r"^\| `(\w+)` \| ((?:`\w+`(?:, )?)+) \|$", re.MULTILINE)
_NAMED = {
    f"{stream.table}.{column.name}": f"{stream.node}.{column.key}"
    for stream in STREAMS.values()
    for column in stream.columns
    if column.name != "id"
}


def test_every_column_of_the_mirror_is_shown_with_a_test_or_said_not_to_be() -> None:
    shown = [column for column, *_ in _SHOWN.findall(TEXT)]
    others = [f"{table}.{name}" for table, names in _NOT_SHOWN.findall(TEXT) for name in re.findall(r"\w+", names)]
    assert sorted(shown + others) == sorted(_NAMED)


def test_every_line_names_the_field_that_its_column_comes_from() -> None:
    named = {column: field.partition(" ")[0] for column, field, *_ in _SHOWN.findall(TEXT)}
    assert named == {column: _NAMED[column] for column in named}


def test_every_test_that_it_names_exists() -> None:
    missing = [
        (path, test)
        for _, _, path, test in _SHOWN.findall(TEXT)
        if not (ROOT / path).is_file() or f"def {test}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []
