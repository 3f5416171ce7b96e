"""Take the control of each row of docs/asvs.md away and see its test fail: `python -m tests.support.asvs [ROW …]`.

Each worker has a copy of the repository of its own; this one is only read. Exit code 1 if any test still passes, 2 if
a row has no mutation, one does not apply, or a test fails with all controls in place.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from tests.support.asvs.rows import ROOT, Mutation, list_faults, list_tested_rows, read_mutations

_WORKERS = 2
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".env", "node_modules", "__pycache__", ".*_cache", ".hypothesis", ".work"
)
_LONGEST_S = 1800.0  # of all tests once, on a busy machine


def main(rows: Sequence[str]) -> int:
    """Print what becomes of each mutation, of all or those of the `rows`, and return the exit code."""
    mutations = read_mutations()
    if faults := list_faults(list_tested_rows(), mutations):
        print(*faults, sep="\n")
        return 2
    chosen = [one for one in mutations if not rows or one.row in rows]
    began_at = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="slb-asvs-") as folder, ThreadPoolExecutor(_WORKERS) as threads:
        copies = SimpleQueue[Path]()
        for number in range(_WORKERS):
            copies.put(shutil.copytree(ROOT, Path(folder, str(number)), ignore=LEFT_OUT, symlinks=True))
        done = run_tests(Path(folder, "0"), ["-n", str(_WORKERS)], *sorted({one.test for one in chosen}))
        if done.returncode != 0:
            print("Tests fail with all controls in place:", done.stdout, sep="\n")
            return 2
        survivors = sum(threads.map(partial(survives, copies=copies), chosen))
    print(f"{len(chosen)} mutations, {survivors} survive, {time.monotonic() - began_at:.0f} s.")
    return 1 if survivors else 0


def survives(mutation: Mutation, copies: SimpleQueue[Path]) -> bool:
    """Return whether the row's test passes without its control, and say so."""
    copy = copies.get()
    path = copy / mutation.file
    whole = path.read_text(encoding="utf-8")
    began_at = time.monotonic()
    try:
        path.write_text(mutation.apply(whole), encoding="utf-8")
        done = run_tests(copy, ["-x"], mutation.test)
    finally:
        path.write_text(whole, encoding="utf-8")
        copies.put(copy)
    is_killed = done.returncode == 1 and bool(re.search(r"^FAILED ", done.stdout, re.MULTILINE))
    print("killed  " if is_killed else "SURVIVES", f"{time.monotonic() - began_at:5.1f} s", mutation.name, flush=True)
    if not is_killed:
        print(*done.stdout.splitlines()[-15:], sep="\n")
    return not is_killed


def run_tests(copy: Path, options: Sequence[str], *tests: str) -> "subprocess.CompletedProcess[str]":
    """Run tests of a copy over its own package."""
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONPYCACHEPREFIX": str(copy / ".bytecode")}
    own = "import sys, shareable_backlog as one; sys.exit(not one.__file__.startswith(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", own, str(copy)], cwd=copy, env=environment, check=True)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *tests],
        cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=_LONGEST_S,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
