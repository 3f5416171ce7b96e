"""Read which rows of docs/asvs.md name a test, and from docs/asvs.toml how the control of each is taken away."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/asvs.md"
MUTATIONS = ROOT / "docs/asvs.toml"

_ROW = re.compile(r"^\| (\d[^|]*) \|.*\| ([^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py::test_\w+)`")


class WrongMutation(Exception):
    """A mutation that can't be made; says why."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is put in the place of a piece of a file, so that the control of a row is gone."""

    row: str
    test: str
    file: str
    old: str
    new: str

    @property
    def name(self) -> str:
        """Return the row, and the test without its folders."""
        return f"{self.row} {self.test.rpartition('/')[2]}"

    def apply(self, text: str) -> str:
        """Return a file's text without the control. Raises WrongMutation unless the piece stands there once."""
        count = text.count(self.old)
        if count != 1:
            raise WrongMutation(f"{self.name}: what is replaced in {self.file} stands there {count} times, not once.")
        changed = text.replace(self.old, self.new)
        if self.file.endswith(".py"):
            try:
                compile(changed, self.file, "exec")
            except SyntaxError as error:
                raise WrongMutation(f"{self.name}: {self.file} is no Python any more: {error}.") from error
        return changed


def list_rows(page: Path = PAGE) -> list[tuple[str, str]]:
    """Return each row of the page: what it is numbered, and what shows that it holds."""
    return _ROW.findall(page.read_text(encoding="utf-8"))


def list_tested_rows(page: Path = PAGE) -> list[tuple[str, str]]:
    """Return the number and the test of each row that names one."""
    return [(number, found[1]) for number, shown in list_rows(page) if (found := _TEST.fullmatch(shown))]


def read_mutations(path: Path = MUTATIONS) -> list[Mutation]:
    """Return all mutations, in the order of the file."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Mutation(**one) for one in found["mutation"]]


def list_faults(rows: list[tuple[str, str]], mutations: list[Mutation], root: Path = ROOT) -> list[str]:
    """Return in words what is wrong: rows without a mutation, mutations of no row, and those that don't apply."""
    named = {(one.row, one.test) for one in mutations}
    faults = [f"{row} {test}: no mutation takes its control away." for row, test in rows if (row, test) not in named]
    faults += [f"{one.name}: docs/asvs.md has no such row." for one in mutations if (one.row, one.test) not in rows]
    for one in mutations:
        try:
            one.apply((root / one.file).read_text(encoding="utf-8"))
        except (WrongMutation, FileNotFoundError) as error:
            faults.append(str(error))
    return faults
