"""The bill of materials says what the lock file pins."""

import re

import pytest

from release.bill import build_bill
from release.licences import ROOT, find_licence
from release.lock import find_installed, read_lock

LOCKED = read_lock(ROOT / "requirements.lock")
BILL = build_bill(LOCKED, "0.1.0", 1_764_400_000)


def test_each_package_has_its_version_hashes_and_licence() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert len(BILL["components"]) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))
    for one in BILL["components"]:
        assert f"{one['name']}=={one['version']} " in text
        assert one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}"
        assert one["licenses"] == [{"expression": find_licence(one["name"])}]
        assert one["hashes"]
        assert all(f"--hash=sha256:{found['content']}" in text for found in one["hashes"])


def test_what_only_builds_the_program_is_excluded() -> None:
    excluded = {one["name"] for one in BILL["components"] if one["scope"] == "excluded"}
    assert excluded == {one.name for one in LOCKED} - find_installed(LOCKED)


def test_what_is_for_some_platforms_alone_says_for_which() -> None:
    tzdata = next(one for one in BILL["components"] if one["name"] == "tzdata")
    assert tzdata["scope"] == "optional"
    assert tzdata["properties"] == [{"name": "installed-where", "value": "sys_platform == 'win32'"}]


def test_it_says_who_needs_whom_and_nobody_twice() -> None:
    references = [BILL["metadata"]["component"]["bom-ref"], *(one["bom-ref"] for one in BILL["components"])]
    needs = {one["ref"]: one["dependsOn"] for one in BILL["dependencies"]}
    assert list(needs) == references
    assert len(set(references)) == len(references)
    assert all(name in needs for names in needs.values() for name in names)
    starlette = next(names for name, names in needs.items() if name.startswith("pkg:pypi/starlette@"))
    assert [re.sub("@.*", "", name) for name in starlette] == ["pkg:pypi/anyio", "pkg:pypi/typing-extensions"]


def test_the_same_commit_gives_the_same_bill() -> None:
    assert build_bill(LOCKED, "0.1.0", 1_764_400_000) == BILL
    assert BILL["metadata"]["timestamp"] == "2025-11-29T07:06:40Z"


@pytest.mark.parametrize("other", [(LOCKED, "0.2.0"), (LOCKED[1:], "0.1.0")])
def test_another_version_or_lock_file_has_another_number(other: "tuple[tuple[object, ...], str]") -> None:
    assert build_bill(*other, 1_764_400_000)["serialNumber"] != BILL["serialNumber"]  # pyright: ignore[reportArgumentType]
