"""The licences of all that is installed with the program stand in THIRD_PARTY.txt."""

import re
from importlib.metadata import files
from pathlib import Path

import pytest

from release import licences
from release.lock import find_installed, read_lock

LOCKED = read_lock(licences.ROOT / "requirements.lock")
INSTALLED = find_installed(LOCKED)


def test_the_file_is_of_the_versions_that_the_lock_file_pins() -> None:
    named = re.findall(r"^([\w.-]+ [\w.]+): ", licences.NOTICES.read_text(encoding="utf-8"), re.MULTILINE)
    assert named == [f"{one.name} {one.version}" for one in LOCKED if one.name in INSTALLED]


def test_the_file_is_what_the_packages_say_of_themselves() -> None:
    assert licences.NOTICES.read_text(encoding="utf-8") == licences.write_notices(LOCKED)


@pytest.mark.parametrize("name", [one.name for one in LOCKED if one.name in INSTALLED - {"httpx2-jsfetch", "tzdata"}])
def test_a_package_brings_the_text_of_its_licence(name: str) -> None:
    assert any(len(text) > 500 for text in licences.read_texts(name))


@pytest.mark.parametrize("name", [one.name for one in LOCKED])
def test_a_licence_is_an_expression_of_spdx(name: str) -> None:
    known = {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "MIT", "MIT-0", "MPL-2.0"),
        "PSF-2.0",
    }
    assert set(re.split(r" AND | OR ", licences.find_licence(name))) <= known


def test_a_package_that_does_not_say_its_licence_in_a_word_has_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(licences.STATED, "fido2")
    monkeypatch.setattr(licences, "_SPDX", frozenset[str]())
    with pytest.raises(LookupError, match="fido2 doesn't say its licence"):
        licences.find_licence("fido2")


def test_the_libraries_inside_of_psycopg_are_named() -> None:
    names = [Path(str(file)).name for file in files("psycopg-binary") or () if "psycopg_binary.libs" in str(file)]
    assert names
    named = re.findall(r"lib\w+", " ".join(licences.BUNDLED))
    assert {name.partition("-")[0] for name in names} <= set(named)
