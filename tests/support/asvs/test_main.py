"""The command that takes controls away tells a test that fails then from one that does not."""

import shutil
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.support.asvs.__main__ import LEFT_OUT, survives
from tests.support.asvs.rows import ROOT, Mutation

FOUND = Mutation(
    "15.3.1",
    "tests/linear/test_workspace.py::test_nobodys_mail_address_is_asked_for",
    "shareable_backlog/linear/workspace.py",
    "viewer { name admin guest }",
    "viewer { name email admin guest }",
)


@pytest.mark.long
def test_what_a_test_finds_is_killed_and_what_it_does_not_survives_and_all_is_as_before(tmp_path: Path) -> None:
    before = (ROOT / FOUND.file).read_bytes()
    copies = SimpleQueue[Path]()
    copies.put(shutil.copytree(ROOT, tmp_path / "copy", ignore=LEFT_OUT, symlinks=True))
    assert not survives(FOUND, copies)
    assert survives(replace(FOUND, new="viewer { name guest admin }"), copies)
    assert (copies.get() / FOUND.file).read_bytes() == (ROOT / FOUND.file).read_bytes() == before
