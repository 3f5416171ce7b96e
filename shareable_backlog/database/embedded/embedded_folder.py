"""Make the embedded server's own folder, which PostgreSQL calls PGDATA, and make it ready for a start."""

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from shareable_backlog import logs
from shareable_backlog.database.embedded.embedded_cluster import (
    Cluster,
    locate_folder,
    read_own_major,
    remove_old_copies,
)
from shareable_backlog.database.embedded.embedded_watch import SOCKET
from shareable_backlog.errors import EmbeddedServerFailed

_LOG = logs.get_logger(__name__)

ROLE = "slb"
_UNFINISHED = "postgres.new-"
_UPGRADED = "postgres.upgraded"
_GONE_WITHIN_S = 30.0
_INITDB = (
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    f"--username={ROLE}",
    "--auth-local=peer",
    "--auth-host=reject",
    # These end in postgresql.conf, for the owner to tune. A query ends soon after its client was killed.
    "--set=timezone=UTC",
    "--set=log_timezone=UTC",
    "--set=client_connection_check_interval=1s",
)


def prepare_folder(cluster: Cluster) -> None:
    """Make the server's folder ready for a start; the server must be down, and `embedded_lock.hold_start_lock` held.

    Raises EmbeddedServerFailed if it can't be made.
    """
    for unfinished in cluster.home.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    if not cluster.folder.exists():
        if (upgraded := cluster.home / _UPGRADED).exists():  # a power cut came between two steps of replace_folder()
            upgraded.rename(cluster.folder)
        else:
            _initialise_folder(cluster)
    if cluster.version == read_own_major():
        remove_old_copies(cluster.home)
    _remove_stale_locks(cluster.folder)
    _rewrite_file(cluster.folder / "pg_hba.conf", f"local all {ROLE} peer map={ROLE}\n")
    _rewrite_file(cluster.folder / "pg_ident.conf", f'{ROLE} "{cluster.user}" {ROLE}\n{ROLE} root {ROLE}\n')


def check_version(cluster: Cluster) -> None:
    """Raise EmbeddedServerFailed, and leave the folder untouched, if another major version made it."""
    made_by = read_major_version(cluster.folder)
    if cluster.folder.exists() and made_by != cluster.version:
        raise EmbeddedServerFailed(
            f"The data folder was made by PostgreSQL {made_by or '(unknown)'}, but this program comes with"
            f" {cluster.version}; nothing was changed. To upgrade: `slb database upgrade`, or run `slb backup` with"
            " the previous program, move `postgres` out of the data folder, then run `slb restore` with this one."
        )


def replace_folder(home: Path, upgraded: Path, kept: Path) -> None:
    """Put `upgraded` in the place of the server's folder, which becomes `kept`; needs the start lock.

    After a power cut between two steps prepare_folder() goes on, or the old folder is still in its place.
    """
    ready, folder = home / _UPGRADED, locate_folder(home)
    shutil.rmtree(ready, ignore_errors=True)
    upgraded.rename(ready)
    _flush_folder(home)
    folder.rename(kept)
    ready.rename(folder)
    _flush_folder(home)


def read_major_version(folder: Path) -> str | None:
    """Return the major version of the PostgreSQL that made `folder`; None if there is no such folder yet."""
    try:
        return (folder / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return None


def remove_home(home: Path) -> None:
    """Remove a data folder, also where a program of PostgreSQL that was ended still writes to it for a moment."""
    deadline = time.monotonic() + _GONE_WITHIN_S
    while home.exists() and time.monotonic() < deadline:
        shutil.rmtree(home, ignore_errors=True)
        time.sleep(0.05)


def _initialise_folder(cluster: Cluster) -> None:
    """Make the folder under another name first: a half-made one must not stand in the way of the next start."""
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=cluster.home))
    if os.geteuid() == 0:
        os.chown(unfinished, cluster.uid, cluster.gid, follow_symlinks=False)
    done = cluster.run_program("initdb", "--pgdata", unfinished, *_INITDB)
    if done.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        _LOG.error("embedded_server_not_set_up", output=done.stdout + done.stderr)
        raise EmbeddedServerFailed(
            "The embedded PostgreSQL could not be set up, and nothing was kept; the log says why."
            " Is there room on the disk?"
        )
    unfinished.rename(cluster.folder)
    # A power cut must not bring the unfinished name back: the next start would remove it with its data.
    _flush_folder(cluster.home)


def _flush_folder(path: Path) -> None:
    """Make the names in a folder outlast a power cut."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove_stale_locks(folder: Path) -> None:
    """Remove the lock files of a killed server, unless its process lives on in this folder.

    PostgreSQL takes any program that has got the process number since for its server and never starts, also a
    dead one that no parent has asked for: both are common in containers. Its check for sessions that outlived
    the killed server needs neither file. Without /proc the decision is PostgreSQL's.
    """
    for path in (folder / "postmaster.pid", folder / f"{SOCKET}.lock"):
        with suppress(FileNotFoundError, ValueError):
            pid = int(path.read_text().partition("\n")[0])
            if Path("/proc/self").exists() and not _is_running_in(folder, pid):
                path.unlink()


def _is_running_in(folder: Path, pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:  # ended, or another user's
        return False


def _rewrite_file(path: Path, text: str) -> None:
    """Replace the text of a file, and as root don't follow a link that the folder's owner may have made of it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW), "w") as file:
        file.write(text)
