"""What the program has is described, and nothing else is: settings, commands, error codes, what the log warns of."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shareable_backlog import cli, config, errors
from shareable_backlog.linear import errors as linear_errors
from shareable_backlog.linear import webhooks

DOCS = Path(__file__).parents[2] / "docs"
WEB_ERRORS = Path(__file__).parents[2] / "shareable_backlog/web/errors.py"


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def list_rows(page: str) -> Iterator[list[str]]:
    """Yield the cells of each row of its tables, but of their heads."""
    for line in read(page).splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def list_commands(parser: Any, *above: str) -> Iterator[str]:
    """Yield each command that does something by itself, as it is typed."""
    groups: list[Any] = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]  # pyright: ignore[reportPrivateUsage]
    modes = next(
        (one for one in parser._actions if one.choices and not one.option_strings and one not in groups), None
    )
    if "run" in parser._defaults and (not modes or modes.nargs == "?"):
        yield " ".join(above)
    if modes:
        yield from (" ".join((*above, mode)) for mode in modes.choices)
    for group in groups:
        for name, below in group.choices.items():
            yield from list_commands(below, *above, name)


def list_codes() -> set[str]:
    """Return the codes of all errors, of the program's own and of HTTP."""
    kinds = [one for module in (errors, linear_errors, webhooks) for one in vars(module).values()]
    own = {kind.code for kind in kinds if isinstance(kind, type) and issubclass(kind, errors.BacklogError)}
    return own | set(re.findall(r'"([A-Z]+_[A-Z_]+)"', WEB_ERRORS.read_text(encoding="utf-8")))


def test_every_setting_has_its_row_and_no_other_name_has() -> None:
    settings = list_rows("configure.md")
    named = [name for row in settings if len(row) == 3 for name in re.findall(r"`([A-Z][A-Z_]+)`", row[0])]
    assert sorted(named) == sorted(config.NAMES)


def test_every_setting_has_its_row_where_the_example_has_it_too() -> None:
    example = (DOCS.parent / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^# ([A-Z][A-Z_]+)=", example, re.MULTILINE)) == set(config.NAMES)


def test_every_command_has_its_row_and_no_other_has() -> None:
    written: set[str] = set()
    for command in re.findall(r"`slb ([^`]+)`", " ".join(row[0] for row in list_rows("commands.md"))):
        words = re.sub(r"\[[^]]*\]+|--\S+|\b[A-Z]+(\.csv)?\b", "", command).replace(" \\|", "\\|")
        *above, last = words.split()
        written |= {" ".join((*above, one)) for one in last.split("\\|")}
    assert written == set(list_commands(cli.build_parser()))


def test_every_code_of_an_error_says_what_happened_and_what_to_do() -> None:
    rows = list(list_rows("troubleshooting.md"))
    described = {code for row in rows for code in re.findall(r"`([A-Z][A-Z_]+)`", row[0])}
    assert described == list_codes()
    assert [row for row in rows if len(row) != 2 or not row[1]] == []


def test_every_warning_and_error_of_the_log_says_what_to_do() -> None:
    described = set(re.findall(r"`([^`]+)`", " ".join(row[0] for row in list_rows("troubleshooting.md"))))
    warned: list[str] = []
    for row in list_rows("logs.md"):
        names, levels = re.findall(r"`([^`]+)`", row[0]), row[1].split(", ")
        each = levels if len(levels) == len(names) else levels * len(names)
        warned += [name for name, level in zip(names, each, strict=True) if level in {"warning", "error"}]
    assert warned
    assert [name for name in warned if name not in described] == []
