"""Build the container image without an engine, weigh its layers, and run it as one does.

The steps of the Dockerfile are taken in roots that debootstrap makes; that needs root, debootstrap and the package
indexes. It runs as the image's user, with its environment, its root read-only, /tmp in memory and a folder at /data.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import httpx2

from benchmarks import rig
from benchmarks.image import dockerfile, rooms
from benchmarks.rig import Row
from tests.support.signed_in import SECRET_KEY

_MB = 1_000_000
_LARGEST_MB, _FIRST_PAGE_S = 200.0, 10.0


def measure(*, quick: bool) -> Generator[Row]:
    """Yield what each layer adds, the largest folders, and the time to the first page."""
    del quick  # it is as large as it is
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise rig.Unavailable("it needs root and debootstrap (apt-get install debootstrap)")
    folder = Path(os.environ.get("IMAGE_FOLDER", "/var/tmp/slb-image"))  # noqa: S108 (kept for the next time)
    folder.mkdir(parents=True, exist_ok=True)
    stages = dockerfile.read_stages(rig.ROOT / "Dockerfile")
    root, layers = rooms.build_stages(stages, rig.ROOT, folder)
    for layer in layers:
        yield Row(layer.step[:60], f"{layer.size / _MB:.1f} MB")
    yield rig.at_most("all layers", sum(layer.size for layer in layers) / _MB, _LARGEST_MB, " MB")
    contents = rooms.list_contents(root, 6)
    for name in sorted(contents, key=lambda one: -contents[one])[:12]:
        yield Row(f"  {name}"[:44], f"{contents[name] / _MB:.1f} MB")
    with tempfile.TemporaryDirectory() as volume:
        yield from _run_image(root, stages[-1], Path(volume))


def _run_image(root: Path, stage: dockerfile.Stage, volume: Path) -> Generator[Row]:
    os.chown(volume, *map(int, stage.find("USER").words.split(":")))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    words = [*stage.find("ENTRYPOINT").read_list(), *stage.find("CMD").read_list(), "--sample"]
    settings = {"BASE_URL": f"http://localhost:{port}", "PORT": str(port), "SECRET_KEY": SECRET_KEY}
    started = time.perf_counter()
    with (volume / "log").open("wb") as log:
        process = subprocess.Popen(rooms.enter(root, stage, volume, words, **settings), stdout=log, stderr=log)
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - started > 60:
                    raise RuntimeError((volume / "log").read_text()[-2000:])
                time.sleep(0.05)
            yield rig.at_most(
                "first page, which makes the database", time.perf_counter() - started, _FIRST_PAGE_S, " s"
            )
            check = rooms.enter(root, stage, volume, stage.find("HEALTHCHECK").read_list(), **settings)
            done = subprocess.run(check, capture_output=True, text=True, check=False)
            yield Row("its healthcheck says", done.stdout.strip() or done.stderr.strip(), "ok", done.returncode == 0)
        finally:
            process.terminate()
            yield Row("exit code after SIGTERM", str(process.wait(60)), "0", process.returncode == 0)


def _answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://localhost:{port}/", follow_redirects=True).status_code == 200
    except httpx2.HTTPError:
        return False
