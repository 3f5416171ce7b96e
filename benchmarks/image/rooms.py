"""Take the steps of a Dockerfile in roots that debootstrap makes, and run what comes of it as an engine does."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.image.dockerfile import Stage, Step

_MIRROR = "http://deb.debian.org/debian"
# What Debian's slim images leave out of the same packages.
_NOT_IN_SLIM = ("usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/groff", "usr/share/lintian")
_ENTER = """
set -e
mount --bind "$ROOT" "$ROOT"
mount -t proc proc "$ROOT/proc"
mount --bind /dev "$ROOT/dev"
"""
_READ_ONLY = """
mount -o remount,bind,ro "$ROOT"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
mount --bind "$VOLUME" "$ROOT/data"
"""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one step adds, in bytes of files."""

    step: str
    size: int


def make_base(suite: str, folder: Path) -> Path:
    """Return the root that stands for `debian:SUITE-slim`, made once."""
    base = folder / suite
    if not (base / "usr/bin/apt-get").exists():
        shutil.rmtree(base, ignore_errors=True)
        _run(["debootstrap", "--variant=minbase", suite, str(base), _MIRROR])
        _slim_base(base)
    return base


def _slim_base(base: Path) -> None:
    for name in _NOT_IN_SLIM:
        shutil.rmtree(base / name, ignore_errors=True)
    for name in ("usr/share/doc", "var/lib/apt/lists", "var/cache/apt", "var/log"):
        for path in (base / name).rglob("*"):
            if path.is_file() and path.name != "copyright":
                path.unlink()


def build_stages(stages: Sequence[Stage], context: Path, folder: Path) -> tuple[Path, list[Layer]]:
    """Take all steps and return the last root with its layers, the base first. Raises CalledProcessError."""
    layers: list[Layer] = []
    root = folder
    for stage in stages:
        root = folder / f"stage-{stage.name}"
        shutil.rmtree(root, ignore_errors=True)
        if stage.base == "scratch":
            root.mkdir()
        else:
            base = make_base(stage.base.partition(":")[2].removesuffix("-slim"), folder)
            _run(["cp", "-a", str(base), str(root)])
        before = _list_files(root)
        layers = [Layer(f"FROM {stage.base}", sum(size for size, _ in before.values()))]
        for step in stage.steps:
            if step.name not in {"RUN", "COPY"}:
                continue
            _take_step(step, stage, root, context, folder)
            after = _list_files(root)
            added = sum(size for path, (size, mark) in after.items() if before.get(path, (0, 0))[1] != mark)
            layers.append(Layer(f"{step.name} {step.words}", added))
            before = after
    return root, layers


def list_contents(root: Path, depth: int) -> dict[str, int]:
    """Return the bytes below each folder of so many parts."""
    sizes: dict[str, int] = {}
    for path, (size, _) in _list_files(root).items():
        key = "/".join(path.split("/")[:depth])
        sizes[key] = sizes.get(key, 0) + size
    return sizes


def enter(root: Path, stage: Stage, volume: Path, words: Sequence[str], **settings: str) -> list[str]:
    """Return the command that runs `words` in the image: its user, its environment, its root read-only."""
    environment = {"ROOT": str(root), "VOLUME": str(volume)}
    given = [f"{name}={value}" for name, value in (stage.read_environment() | settings).items()]
    inside = ["/usr/bin/env", "-i", *given, "/usr/sbin/chroot", f"--userspec={stage.find('USER').words}", str(root)]
    script = f"{_ENTER}{_READ_ONLY}exec {shlex.join([*inside, *words])}"
    named = [f"{name}={value}" for name, value in environment.items()]
    return ["unshare", "--mount", "env", *named, "sh", "-c", script]


def _take_step(step: Step, stage: Stage, root: Path, context: Path, folder: Path) -> None:
    match step.name, step.words.split():
        case "RUN", _:
            _run_in(root, stage.read_environment(), step.words)
        case "COPY", [origin, path, to] if origin.startswith("--from="):
            source = folder / f"stage-{origin.removeprefix('--from=')}" / path.strip("/")
            _copy(source, root / to.strip("/"))
        case "COPY", [".", to]:
            for name in _list_context(context):
                _copy(context / name, root / to.strip("/") / name)
        case "COPY", [name, to]:
            _copy(context / name, root / to.strip("/") / name)
        case _:
            raise ValueError(f"{step.name} {step.words}: not known here")


def _list_context(context: Path) -> list[str]:
    """Return what .dockerignore lets through."""
    lines = (context / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line[1:] for line in lines if line.startswith("!")]


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, to, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    else:
        shutil.copy2(source, to)


def _run_in(root: Path, environment: dict[str, str], command: str) -> None:
    """Run a shell command in `root`, which reaches the package indexes as this machine does."""
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    indexes = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    if certificates := indexes.get("PIP_CERT"):
        shutil.copy(certificates, root / "tmp/indexes.pem")
        indexes["PIP_CERT"] = "/tmp/indexes.pem"  # noqa: S108 (of the root that is built)
    path = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    script = f'{_ENTER}exec chroot "$ROOT" /bin/sh -c {shlex.quote(command)}'
    try:
        _run(["unshare", "--mount", "sh", "-c", script], path | indexes | environment | {"ROOT": str(root)})
    finally:
        for name in ("etc/resolv.conf", "tmp/indexes.pem"):
            (root / name).unlink(missing_ok=True)


def _list_files(root: Path) -> dict[str, tuple[int, int]]:
    """Return the size of each file and a mark that changes with it, hard links once."""
    found: dict[str, tuple[int, int]] = {}
    seen = set[int]()
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            with suppress(FileNotFoundError):
                stat = path.lstat()
                if stat.st_ino not in seen:
                    found[str(path.relative_to(root))] = (stat.st_size, hash((stat.st_mtime_ns, stat.st_size)))
                    seen.add(stat.st_ino)
    return found


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {(done.stdout + done.stderr)[-2000:]}")
