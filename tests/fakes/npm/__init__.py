"""Install packages of npm for tests against the real thing, once a test run."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest


def install_packages(factory: pytest.TempPathFactory, testrun_uid: str, *packages: str) -> Path:
    """Return the folder with the installed `packages`, whichever worker comes first.

    Without npm or its registry the test is skipped, and in CI fails.
    """
    npm = shutil.which("npm")
    if npm is None:
        _miss(packages, "npm is not installed")
    base = factory.getbasetemp()
    name = "".join(letter if letter.isalnum() else "-" for letter in packages[0])
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"npm-{name}-{testrun_uid}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "node_modules").exists():
            command = ["npm", "install", "--no-audit", "--no-fund", "--fetch-retries=1", *packages]
            try:
                subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=180)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                shutil.rmtree(folder / "node_modules", ignore_errors=True)
                _miss(packages, f"npm could not install it ({type(error).__name__}: is its registry reachable?)")
    return folder / "node_modules"


def _miss(packages: tuple[str, ...], reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have {packages[0]}: {reason}")
    pytest.skip(reason)
