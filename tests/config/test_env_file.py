"""`.env` in the current folder is believed only when nobody else can have written it."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from shareable_backlog.cli import main
from shareable_backlog.config import env_file, read_settings
from shareable_backlog.errors import ConfigurationInvalid

ENV = Path(".env")
ALICE, MALLORY, ROOT, USERS = 1000, 1001, 0, 100
CHANGEABLE = (
    ".env can be changed by other users of this machine, so it was not read and nothing was started:"
    " check what it says, then run `chmod go-w .env`"
)


@pytest.fixture
def give_away(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Return what makes a file another user's: the file is given to them or, without that right, we are others."""

    def give_away(path: Path) -> None:
        if os.geteuid() == ROOT:
            os.chown(path, MALLORY, -1, follow_symlinks=False)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    return give_away


def write(mode: int = 0o600, text: str = "PORT=9000\n") -> None:
    ENV.write_text(text, encoding="utf-8")
    ENV.chmod(mode)


def fault() -> str:
    with pytest.raises(ConfigurationInvalid) as caught:
        read_settings()
    [fault] = caught.value.faults
    return fault


def danger(mode: int, owner: int, group: int, reader: int) -> str | None:
    """Return what is dangerous about a file of this kind for who reads it."""
    return env_file.find_danger(os.stat_result((0o100000 | mode, 1, 1, 1, owner, group, 10, 0, 0, 0)), reader)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o644])
def test_a_file_that_others_can_only_read_is_read(mode: int) -> None:
    write(mode)
    assert read_settings().port == 9000


@pytest.mark.parametrize("mode", [0o602, 0o646, 0o666, 0o777])
def test_a_file_that_anybody_can_write_is_refused(mode: int) -> None:
    write(mode)
    assert fault() == CHANGEABLE


def test_a_file_of_another_user_is_refused(give_away: Callable[[Path], None]) -> None:
    write(text="LINEAR_API_URL=https://mallory.example.com/graphql\n")
    give_away(ENV)
    assert re.fullmatch(
        r"\.env belongs to another user \(number \d+\), so it was not read and nothing was started: start in a folder"
        r" of your own, or check what it says and make it yours with chown",
        fault(),
    )


def test_a_link_to_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    write()
    ENV.rename("own")
    ENV.symlink_to(tmp_path / "own")
    assert read_settings().port == 9000


@pytest.mark.parametrize("what", [".env", "theirs"])
def test_neither_the_link_nor_what_it_leads_to_may_be_anothers(
    tmp_path: Path, give_away: Callable[[Path], None], what: str
) -> None:
    write()
    ENV.rename("theirs")
    ENV.symlink_to(tmp_path / "theirs")
    give_away(Path(what))
    assert "belongs to another user" in fault()


def test_roots_file_is_read_by_everybody_and_everybody_elses_by_its_owner_alone() -> None:
    assert danger(0o644, ROOT, ROOT, ALICE) is None
    assert danger(0o600, ALICE, USERS, ALICE) is None
    assert "number 1001" in (danger(0o600, MALLORY, MALLORY, ALICE) or "")
    assert "number 1000" in (danger(0o600, ALICE, ALICE, ROOT) or "")


def test_a_group_may_write_when_it_is_the_owners_own() -> None:
    """As a umask of 002 has it, where each user has a group of the same number."""
    assert danger(0o664, ALICE, ALICE, ALICE) is None
    assert danger(0o664, ROOT, ROOT, ALICE) is None
    assert danger(0o660, ALICE, USERS, ALICE) == CHANGEABLE.removeprefix(".env ")
    assert danger(0o640, ALICE, USERS, ALICE) is None


def test_without_a_file_the_defaults_hold() -> None:
    assert read_settings().port == 8000


@pytest.mark.parametrize(
    "line",
    [
        "LINEAR_API_KEY open-sesame",
        "LINEAR_API_KEY: open-sesame",
        "LINEAR_API_KEY:open-sesame==",
        "SECRET KEY=open-sesame",
        "=open-sesame",
        'SECRET_KEY="open-sesame',
        "export SECRET_KEY open-sesame",
        "open-sesame",
    ],
)
def test_a_line_that_sets_nothing_is_refused_by_its_number_and_not_shown(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(text=f"# Server\nPORT=9000\n\n  {line}\n")
    assert fault() == ".env can't be understood in line 4: write NAME=value there, or begin it with # as a comment"
    assert main(["config"]) == main(["doctor"]) == 2
    printed = capsys.readouterr()
    assert "open-sesame" not in printed.out + printed.err
    assert printed.err.splitlines() == [f"slb: {fault()}"] * 2


def test_all_lines_that_set_nothing_are_told_at_once() -> None:
    write(text="PORT 9000\nLOG_LEVEL=debug\nLOG_FORMAT json\n")
    with pytest.raises(ConfigurationInvalid) as caught:
        read_settings()
    assert [found.partition(":")[0] for found in caught.value.faults] == [
        ".env can't be understood in line 1",
        ".env can't be understood in line 3",
    ]


def test_comments_quotes_exports_and_names_of_other_programs_are_understood() -> None:
    write(
        text="\ufeff# Server\n\nexport PORT='9000' # here\nNOTES=\"two\nlines\"\nother.program-x=1\nLOG_FORMAT=\n \n"
    )
    assert read_settings().port == 9000
