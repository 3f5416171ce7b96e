"""`slb serve --dev`: what changes shows at once, and only on this machine."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.conftest import as_url
from tests.support import served
from tests.support.served import ROOT
from tests.support.signed_in import cookies, let_in

_GIVE_UP_S = 30.0


@dataclass(frozen=True, slots=True)
class Developed:
    """A copy of the program that runs under `slb serve --dev`."""

    package: Path
    client: httpx2.Client
    process: "subprocess.Popen[str]"

    def change(self, name: str, old: str, new: str) -> None:
        file = self.package / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so; whoever asks meanwhile waits on the socket, or is left by who ends."""
        started = time.monotonic()
        while not self._is(is_so):
            assert time.monotonic() - started < _GIVE_UP_S
            time.sleep(0.05)

    def _is(self, is_so: Callable[[], bool]) -> bool:
        try:
            return is_so()
        except httpx2.RemoteProtocolError:
            return False


@contextmanager
def developing(folder: Path, conninfo: str) -> Generator[Developed]:
    for name in ("shareable_backlog", "database"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    let_in(conninfo, "alice")
    environment = served.environment(folder, DATABASE_URL=as_url(conninfo)) | {"PYTHONPATH": str(folder)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "shareable_backlog", "serve", "--dev", "--port", "0"],
            cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        address = re.search(r"http://\S+(?=/)", process.stdout.readline())
        assert address is not None, (folder / "log").read_text()
        with httpx2.Client(base_url=address[0], timeout=_GIVE_UP_S, cookies=cookies("alice")) as client:
            yield Developed(folder / "shareable_backlog", client, process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_templates_styles_and_code_reload(tmp_path: Path, database: str) -> None:
    with developing(tmp_path, database) as developed:
        page = developed.client.get("/")
        assert "statements" in page.text

        developed.change("templates/shared/_page.html", "Skip to content", "Skip all this")
        assert "Skip all this" in developed.client.get("/").text

        style = re.search(r"/static/style\.css\?v=\w+", page.text)
        assert style is not None
        developed.change("static/style/views.css", "{", "{ --new: 1;")
        assert "--new: 1;" in developed.client.get("/static/style.css").text
        assert style[0] not in developed.client.get("/").text

        developed.change("web/errors.py", '404: "Page not found"', '404: "Nowhere"')
        developed.until(lambda: "<title>Nowhere" in developed.client.get("/nothing").text)

        developed.process.send_signal(signal.SIGTERM)
        assert developed.process.wait(_GIVE_UP_S) == 0
        with pytest.raises(httpx2.ConnectError):
            developed.client.get("/healthz")


def test_results_that_were_kept_are_made_anew_after_a_template_has_changed(tmp_path: Path, database: str) -> None:
    with developing(tmp_path, database) as developed:
        assert "<h1" in developed.client.get("/").text
        developed.change("templates/backlog/_list.html", "{#", "<i>changed</i>{#")
        assert "<i>changed</i>" in developed.client.get("/").text


def test_code_that_does_not_even_start_is_waited_for(tmp_path: Path, database: str) -> None:
    with developing(tmp_path, database) as developed:
        assert developed.client.get("/healthz").status_code == 200
        developed.change("web/errors.py", '404: "Page not found"', '404: "Nowhere')
        developed.until(lambda: "SyntaxError" in (tmp_path / "log").read_text())
        developed.change("web/errors.py", '404: "Nowhere', '404: "Nowhere"')
        assert "<title>Nowhere" in developed.client.get("/nothing").text


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [(("--host", "0.0.0.0"), {}), ((), {"BASE_URL": "https://backlog.example.com"})],  # noqa: S104 (is refused)
)
def test_it_is_for_this_machine_alone(tmp_path: Path, arguments: tuple[str, ...], settings: dict[str, str]) -> None:
    code, said = served.slb(tmp_path, "serve", "--dev", *arguments, **settings)
    assert code == 2
    assert said.startswith("slb: ")
    assert said.count("\n") == 1


def test_without_it_there_is_no_sign_of_it(tmp_path: Path, database: str) -> None:
    let_in(database, "bob")
    with served.run_serve(tmp_path, DATABASE_URL=as_url(database)) as plain:
        assert "server-timing" not in plain.get("/").headers
        assert "statements" not in plain.get("/").text
