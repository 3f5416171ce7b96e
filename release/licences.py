"""Say under which licence a package is, and write the texts of all of them into one file.

`python -m release.licences` writes THIRD_PARTY.txt anew from what is installed, after `make lock`.
"""

import importlib.metadata
import re
from pathlib import Path

from release.lock import Locked, find_installed, read_lock

ROOT = Path(__file__).parents[1]
NOTICES = ROOT / "THIRD_PARTY.txt"
STATED = {
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "httpx2-jsfetch": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "tzdata": "Apache-2.0",
    "uvloop": "MIT OR Apache-2.0",
}
"""Where the metadata is no expression of SPDX, or the package is for other platforms: as its licence files say."""
BUNDLED = {
    "libpq": "PostgreSQL",
    "libssl, libcrypto": "Apache-2.0",
    "libgssapi_krb5, libkrb5, libkrb5support, libk5crypto": "MIT",
    "libcom_err": "MIT",
    "libldap, liblber": "OLDAP-2.8",
    "libsasl2": "BSD-4-Clause (Carnegie Mellon University)",
    "libkeyutils": "LGPL-2.1-or-later",
    "libcrypt": "LGPL-2.1-or-later",
}
"""What the wheels of psycopg-binary hold besides, without a word on it in their metadata."""
_CLASSIFIED = {
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_SPDX = frozenset({"MIT", "BSD-3-Clause", "Apache-2.0", "MPL-2.0"})
_TEXT = re.compile(r"\.dist-info/(?:licenses/)?(?:.*/)?(?:LICEN[CS]E|COPYING|NOTICE|AUTHORS|THIRD_PARTY)[^/]*$")
_RULE = "=" * 100
_HEAD = f"""\
What is installed with Shareable Linear Backlog, and under which licence. Written by `python -m release.licences`
from what the packages say of themselves.

psycopg-binary holds libraries that are not named there, each under its own licence:
{"".join(f"  {names}: {licence}{chr(10)}" for names, licence in BUNDLED.items())}
"""


def find_licence(name: str) -> str:
    """Return the licence of a package as an expression of SPDX; raise LookupError if nothing says it."""
    if name in STATED:
        return STATED[name]
    said = importlib.metadata.metadata(name)
    classified = (_CLASSIFIED.get(one) for one in said.get_all("Classifier", []))
    worded = (one for one in (*said.get_all("License", []), *classified) if one in _SPDX)
    found = next((one for one in (*said.get_all("License-Expression", []), *worded) if one), None)
    if not found:
        raise LookupError(f"{name} doesn't say its licence in a word: read it, and put it into STATED.")
    return found


def read_texts(name: str) -> tuple[str, ...]:
    """Return the texts of licences and notices that an installed package brings along."""
    found = sorted(str(file.locate()) for file in importlib.metadata.files(name) or [] if _TEXT.search(str(file)))
    texts = (Path(file).read_text(encoding="utf-8") for file in found)
    return tuple("\n".join(line.rstrip() for line in text.strip().splitlines()) for text in texts)


def write_notices(locked: tuple[Locked, ...]) -> str:
    """Return the licences of all that is installed with the program; a text that several have stands once."""
    written: dict[str, str] = {}
    parts = [_HEAD]
    for one in locked:
        if one.name not in find_installed(locked):
            continue
        parts.append(f"{_RULE}\n{one.name} {one.version}: {find_licence(one.name)}\n{_RULE}\n")
        if one.name in STATED and one.marker:
            parts.append(f"Installed only where: {one.marker}\n")
            continue
        for text in read_texts(one.name):
            parts.append(f"(The text is that of {written[text]}, above.)\n" if text in written else f"{text}\n")
            written.setdefault(text, one.name)
    return "\n".join(parts)


if __name__ == "__main__":
    NOTICES.write_text(write_notices(read_lock(ROOT / "requirements.lock")), encoding="utf-8")
