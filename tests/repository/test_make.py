"""What a developer runs all day: the commands of the Makefile, and one test file by itself."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# One second of CPU on an idle machine, two on a busy one; with workers and all plugins it is above ten.
_MOST_CPU_S = 4.0
_HEAVY = ("schemathesis", "graphql", "playwright")


def run_make(*arguments: str) -> str:
    # As if by hand, also where `make test` runs this.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_make_alone_lists_every_target_with_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    listed = dict(line.split(maxsplit=1) for line in run_make().splitlines())
    assert sorted(listed) == sorted(phony[1].split())
    assert [name for name, words in listed.items() if len(words) > 80] == []


def test_make_run_starts_the_product_and_make_test_runs_everything() -> None:
    assert run_make("--dry-run", "run").splitlines()[-1] == "exec slb serve --sample"
    assert run_make("--dry-run", "test").splitlines()[-1] == "pytest -n 3"


def test_make_quick_lints_and_runs_tests_that_are_there() -> None:
    *linters, tests = run_make("--dry-run", "quick").splitlines()
    assert [one.split()[0] for one in linters[-3:]] == ["ruff", "ruff", "lint-imports"]
    paths = re.findall(r"tests/\S+", tests)
    assert "tests/web" in paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_make_quick_leaves_out_only_marks_that_there_are() -> None:
    expression = re.search(r'-m "not \((.*)\)"', run_make("--dry-run", "quick"))
    assert expression is not None
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert [mark for mark in expression[1].split(" or ") if f'  "{mark}: ' not in settings] == []


def test_templates_styles_and_scripts_are_checked() -> None:
    tools = [line.split()[0] for line in run_make("--dry-run", "check-static").splitlines()]
    assert {"dprint", "djlint"} <= set(tools)
    assert "biome lint --error-on-warnings" in run_make("--dry-run", "check-static")
    assert run_make("--dry-run", "check-static") in run_make("--dry-run", "check")
    assert "dprint fmt" in run_make("--dry-run", "format").splitlines()


def test_the_linter_of_templates_finds_a_tag_that_is_not_closed(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<main><p><b>Bold</p></main>\n", encoding="utf-8")
    done = subprocess.run(
        ["djlint", "--lint", "--profile", "jinja", str(tmp_path)],
        env={"PATH": str(Path(sys.executable).parent)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "orphan" in done.stdout


def test_packages_of_npm_are_pinned_by_hash_and_not_by_where_they_came_from() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert [
        name for name, package in packages.items() if not package.get("integrity", "").startswith("sha512-")
    ] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_one_pure_test_file_begins_at_once_and_brings_nothing_heavy() -> None:
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pytest", "-q", "-s", "tests/web/pages/test_words.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    after = os.times()
    assert done.returncode == 0, done.stdout
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "_pytest" in imported
    assert [name for name in _HEAVY if name in imported] == []
    took_s = after.children_user + after.children_system - before.children_user - before.children_system
    assert took_s < _MOST_CPU_S
