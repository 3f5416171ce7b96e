"""Give the embedded server's tests folders that its account can enter, also under root, and a Python for all."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

from shareable_backlog.database.embedded import embedded_server, embedded_watch
from tests.support.database import in_memory
from tests.support.database.embedded_processes import DAEMON, FAST, wait_until_deserted


@pytest.fixture
def outside() -> Generator[Path]:
    """Yield an empty folder that everybody can enter; a process left in it by the test is a failure."""
    folder = in_memory.folder()
    yield folder
    clean = wait_until_deserted(folder, within_s=10)
    for pid in in_memory.working_in(folder):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)
    assert clean


@pytest.fixture(scope="session")
def used_once() -> Generator[Path]:
    """Yield a data folder that a server has used, to be copied: that is quicker than making one."""
    folder = in_memory.folder()
    with embedded_server.run_server(folder / "data", FAST):
        pass
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def data_dir(outside: Path, used_once: Path) -> Path:
    """Return a data folder with a server's folder in it, which is down."""
    subprocess.run(["cp", "-a", used_once, outside], check=True)
    return outside / "data"


@pytest.fixture(scope="session")
def everybodys_python() -> str:
    """Return a Python that an ordinary user can run, and that can read this project."""
    for python in (sys.executable, "/usr/bin/python3"):
        with suppress(OSError):
            read = [python, "-I", "-S", "-c", "import sys; open(sys.argv[1])", embedded_watch.__file__]
            if subprocess.run(read, user=DAEMON, group=DAEMON, extra_groups=[], check=False).returncode == 0:
                return python
    pytest.skip("an ordinary user can run no Python here, or can't read this project")


@pytest.fixture
def ordinary_folder(outside: Path) -> Path:
    """Return the path of a data folder that an ordinary user has yet to make, at a place of their own."""
    (outside / "home").mkdir(mode=0o700)
    os.chown(outside / "home", DAEMON, DAEMON)
    return outside / "home" / "data"
