"""A run that was killed leaves nothing behind for long."""

import os
import select
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.database import in_memory

_MAKE_ONE_AND_DIE = """
import os, signal, subprocess
from tests.support.database import in_memory
folder = in_memory.folder()
nowhere = subprocess.DEVNULL
server = subprocess.Popen(["sleep", "60"], cwd=folder, stdout=nowhere, stderr=nowhere)
print(folder, server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_folders_and_servers_of_killed_processes_go_and_those_of_running_ones_stay() -> None:
    mine = in_memory.folder()
    died = subprocess.run(
        [sys.executable, "-c", _MAKE_ONE_AND_DIE],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    abandoned = Path(died.stdout.split()[0])
    [server] = in_memory.working_in(abandoned)
    ending = os.pidfd_open(server)
    try:
        in_memory.remove_abandoned()
        assert select.select([ending], [], [], 10)[0]
        assert not abandoned.exists()
        assert mine.exists()
    finally:
        os.close(ending)
        shutil.rmtree(mine)
