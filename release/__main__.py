"""Make a release of the commit that is checked out: packages, bill of materials, licences, checksums, signature."""

import argparse
import json
import shutil
import sys
from pathlib import Path

from release.bill import build_bill
from release.lock import read_lock
from release.packages import Differs, ask_git, build_packages, read_commit_time
from release.sums import NotSigned, sign_sums, write_sums
from shareable_backlog import __version__

_ROOT = Path(__file__).parents[1]


def main(argv: list[str] | None = None) -> int:
    """Make it into a folder that is emptied before, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    parser.add_argument("--into", type=Path, default=_ROOT / "dist", help="the folder, which is emptied before")
    parser.add_argument("--key", type=Path, help="the private key of OpenSSH that signs; none: not signed")
    parser.add_argument("--signers", type=Path, default=_ROOT / "release/allowed_signers", help="whose keys count")
    arguments = parser.parse_args(argv)
    folder: Path = arguments.into
    if ask_git(_ROOT, "status", "--porcelain"):
        print("What is not committed is not in the release.", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        build_packages(_ROOT, folder)
        bill = build_bill(read_lock(_ROOT / "requirements.lock"), __version__, read_commit_time(_ROOT))
        (folder / f"shareable_linear_backlog-{__version__}.cdx.json").write_text(json.dumps(bill, indent=1) + "\n")
        shutil.copy(_ROOT / "THIRD_PARTY.txt", folder)
        sums = write_sums(folder)
        if arguments.key:
            sign_sums(sums, arguments.key.expanduser(), arguments.signers)
    except (Differs, NotSigned) as error:
        print(error, file=sys.stderr)
        return 1
    print(sums.read_text(encoding="utf-8"), end="")
    print(f"Signed by {arguments.key}." if arguments.key else "Not signed: RELEASE_KEY names no key.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
