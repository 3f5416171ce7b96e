"""Count what a process holds: sessions at the server, descriptors, memory; and compare it with its first count."""

from pathlib import Path

from msgspec import Struct

from benchmarks.faults.installation import Installation, wait_for

MORE_DESCRIPTORS = 30
"""A pool of 20, and connections of visitors that are kept for a while."""
MORE_MEMORY_MB = 40.0
SESSIONS_OF_PROCESS = 24
"""A pool of 20, the probe's and those that hold locks."""
_ESTABLISHED = "01"
_PAGES_IN_MB = 256


class Held(Struct, frozen=True):
    """What one process holds at a moment without work."""

    descriptors: int
    memory_mb: float


class Watch:
    """Compare each process with what it held when it was first looked at, in a moment as quiet as this one."""

    def __init__(self) -> None:
        self.first: dict[int, Held] = {}
        self.most = Held(0, 0)
        """The largest growth so far."""

    def list_leftovers(self, installation: Installation) -> list[str]:
        """Return what is held that should not be, one line each."""
        wait_for(lambda: not find_orphans(installation), "no session is left that nobody holds", 60)
        losses: list[str] = []
        pids = installation.list_pids()
        with installation.server.connect() as admin:
            [(sessions,)] = admin.execute(_SESSIONS).fetchall()
        if sessions > SESSIONS_OF_PROCESS * len(pids):
            losses.append(f"{sessions} sessions of {len(pids)} processes")
        for pid in pids:
            now = read_held(pid)
            first = self.first.setdefault(pid, now)
            more = Held(now.descriptors - first.descriptors, now.memory_mb - first.memory_mb)
            self.most = Held(max(self.most.descriptors, more.descriptors), max(self.most.memory_mb, more.memory_mb))
            if more.descriptors > MORE_DESCRIPTORS:
                losses.append(f"process {pid} holds {now.descriptors} descriptors, {first.descriptors} at first")
            if more.memory_mb > MORE_MEMORY_MB:
                losses.append(f"process {pid} holds {now.memory_mb:.0f} MB, {first.memory_mb:.0f} at first")
        return losses


_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shareable-linear-backlog'"
_PORTS = """
    SELECT client_port FROM pg_stat_activity
    WHERE application_name = 'shareable-linear-backlog' AND client_port > 0
"""


def find_orphans(installation: Installation) -> set[int]:
    """Return the ports of sessions whose other end no longer exists."""
    with installation.server.connect() as admin:
        ports = {port for (port,) in admin.execute(_PORTS)}
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    living = {int(fields[1].rpartition(":")[2], 16) for fields in lines if fields[3] == _ESTABLISHED}
    return ports - living


def read_held(pid: int) -> Held:
    """Return what a process holds now."""
    descriptors = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    resident = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return Held(descriptors, resident / _PAGES_IN_MB)
