"""Take the snapshot."""

import json
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.snapshot import forms, machine, questions, schema
from tests.support.snapshot.browser import Browser
from tests.support.snapshot.machine import Machine


def take(folder: Path) -> None:
    """Write the snapshot into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with machine.start() as one:
        one.create("mirror")
        migrated = one.slb("mirror", "migrate", "up")
        (folder / "schema.txt").write_text(schema.describe(one.conninfo("mirror")), encoding="utf-8")
        one.create("sample", "mirror")
        one.run_sql("mirror", "people.sql", "mirror.sql")
        # Each has a database of its own, as whatever is read is recorded in it, in order.
        for database in ("hidden", "commands"):
            one.create(database, "mirror")
        with ThreadPoolExecutor(3) as pool:
            tasks = (
                pool.submit(_take_mirror, one, folder),
                pool.submit(_take_hidden, one, folder),
                pool.submit(_take_sample, one, folder),
                pool.submit(_take_commands, one, folder / "cli", migrated),
            )
        for task in tasks:
            task.result()


def _take_mirror(one: Machine, folder: Path) -> None:
    with one.serve("mirror") as address:
        for persona in questions.PEOPLE:
            browser = Browser(address, folder / "mirror" / str(persona), persona)
            for path in questions.PLAIN:
                browser.get(path)
        bob, erin, alice = (Browser(address, folder / "mirror" / name, name) for name in ("bob", "erin", "alice"))
        for path in (*questions.lists(), *questions.items(), *questions.pages()):
            bob.follow(path, 3 if path.startswith("/?order=") else 1)
        for path in (*list(questions.lists())[::2], *questions.items()):
            erin.get(path)
        for path in questions.ADMIN:
            alice.follow(path)
        for name, headers in forms.VARIANTS.items():
            variant = Browser(address, folder / "mirror" / f"bob-{name}", "bob")
            for path in ("/?all", "/board", "/changes?since=7d", "/roadmap", "/items/ENG-2", "/account", "/nothing"):
                variant.get(path, **headers)
        _ask_api(address, folder / "api")
        _read_static(Browser(address, folder / "static"))


def _take_hidden(one: Machine, folder: Path) -> None:
    one.run_sql("hidden", "hidden.sql")
    with one.serve("hidden") as address:
        bob, erin = (Browser(address, folder / "hidden" / name, name) for name in ("bob", "erin"))
        for path in (*questions.lists(), *questions.items(), "/board", "/filters", "/about", "/changes?since=30d"):
            bob.get(path)
        for path in list(questions.lists())[1::2]:
            erin.get(path)
        _ask_api(address, folder / "api-hidden")
        forms.post_all(address, folder / "forms")


def _ask_api(address: str, folder: Path) -> None:
    for persona in ("alice", "erin", "gina"):
        token = f"slb_token-of-{persona}-0123456789"
        browser = Browser(address, folder / persona)
        for path in questions.api():
            browser.follow(path, authorization=f"Bearer {token}")
        browser.get(f"/feed.atom?token={token}")
    nobody = Browser(address, folder / "nobody")
    for number, header in enumerate(("Bearer slb_wrong", "Basic YTpi", "Bearer", "")):
        nobody.get("/api/v1/me", name=f"me-{number}", authorization=header)
    nobody.get("/feed.atom?token=slb_wrong")


def _read_static(browser: Browser) -> None:
    text = browser.get("/sign-in").text
    for path in sorted({"/static/admin.js", *re.findall(r'(?:href|src)="(/static/[^"?]+)', text)}):
        browser.get(path)
    metrics = browser.get("/metrics", name="metrics").text
    browser.write("metrics.txt", "".join(f"{line}\n" for line in metrics.splitlines() if line.startswith("#")))
    for method in ("PUT", "DELETE", "OPTIONS", "HEAD"):
        browser.get("/", method)
        browser.get("/admin/sync", method)


def _take_sample(one: Machine, folder: Path) -> None:
    one.slb("sample", "seed")
    one.run_sql("sample", "people.sql")
    with one.serve("sample") as address:
        for persona in (None, "alice", "bob", "erin"):
            browser = Browser(address, folder / "sample" / str(persona), persona)
            for path in (*questions.PLAIN, *(f"/?group={group}" for group in questions.GROUPS)):
                browser.follow(path)
            if persona in {"bob", "erin"}:
                found = json.loads(browser.get("/export.json?archived=shown").text)
                for item in found["data"]:
                    browser.get(f"/items/{item['identifier']}")


def _take_commands(one: Machine, folder: Path, migrated: str) -> None:
    folder.mkdir()

    def write(name: str, text: str) -> None:
        text = re.sub(r"\d+(\.\d+)? ms", "N ms", text.replace(str(one.folder), "FOLDER"))
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")

    def write_help(*command: str) -> None:
        text = one.slb("commands", *command, "--help")
        write("-".join(("slb", *command, "help")), text)
        for name in re.findall(r"^    ([a-z][a-z-]+)(?:\s|$)", text, re.MULTILINE):
            write_help(*command, name)

    write("migrate-up", migrated)
    write_help()
    for command in forms.COMMANDS:
        write(re.sub(r"[^a-z]+", "-", command)[:60], one.slb("commands", *command.split()))
    write("config-without", one.slb("commands", "config", DATABASE_URL="", SECRET_KEY="short", PORT="x"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.support.snapshot FOLDER")
    take(Path(sys.argv[1]))
