"""Every command of docs/developing.md works as it stands there."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import as_url

ROOT = Path(__file__).parents[2]
# Not run here, and why: what is left is that make, or the file to run, knows it.
NOT_RUN = {
    "make .venv/dev": "would install",
    "make hooks": "would change this clone's configuration",
    ".venv/bin/slb serve --dev --sample": "has no end; tests/cli/serving/test_serve_dev.py runs it",
    "make quick": "takes a minute",
    ".venv/bin/pytest tests/services -n 3": "takes minutes",
    "make format": "would install and write",
    "make check-static": "would install",
    "make docs": "tests/documents/test_site.py builds it",
    ".venv/bin/python -m tests.sync.model --histories 20000": "takes hours",
    "curl -sI http://127.0.0.1:8000/healthz": "asks what the line above it started",
    "LOG_LEVEL=debug .venv/bin/slb serve": "has no end; tests/cli/serving/test_serve.py runs it",
    "make migrate-create NAME=add-users-phone": "would write",
    "make migrate-up": "would migrate the developer's own database",
    "make migrate-down": "the same",
    "make bench": "takes an hour",
    "make faults": "takes hours",
    "make lock": "needs uv, and other versions may be out",
    "make advisories": "needs uv, and there may be some",
    ".venv/bin/python -m tests.support.asvs": "takes a quarter of an hour",
    "npm install --package-lock-only": "would write",
}


def commands() -> list[str]:
    page = (ROOT / "docs/developing.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]


def run(command: str, conninfo: str | None = None) -> "subprocess.CompletedProcess[str]":
    settings = {"DATABASE_URL": as_url(conninfo)} if conninfo else {}
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTEST"))}
    return subprocess.run(
        ["sh", "-c", command], cwd=ROOT, env=environment | settings, capture_output=True, text=True, check=False
    )


def test_the_page_is_one_page() -> None:
    assert len((ROOT / "docs/developing.md").read_text(encoding="utf-8").splitlines()) <= 90


@pytest.mark.parametrize("command", [one for one in commands() if one not in NOT_RUN])
def test_a_command_works(command: str, database: str) -> None:
    done = run(command, database)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", NOT_RUN)
def test_a_command_that_is_not_run_stands_there_and_leads_somewhere(command: str) -> None:
    assert command in commands()
    words = [word for word in command.split() if "=" not in word]
    if words[0] == "make":
        assert run(f"make --dry-run {command.removeprefix('make ')}").returncode == 0
    elif words[0].startswith(".venv/"):
        assert (ROOT / words[0]).is_file()
        named = [word for word in words[1:] if word.startswith("tests")]
        assert all((ROOT / name).exists() or (ROOT / name.replace(".", "/")).exists() for name in named)
