"""Take a picture of every page: `python -m tests.support.browser.screenshots`; git keeps six of them."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.browser import chromium
from tests.support.browser.serving import ROOT, read_log, serve_pages, wait_until_ready
from tests.support.served import environment
from tests.support.signed_in import SECRET_KEY

FOLDER = ROOT / "docs" / "screenshots"
STRANGERS = {"sign-in": "/sign-in", "code": "/sign-in/code"}
ADMINS = {
    "list": "/",
    "groups": "/?group=state&done=hidden",
    "search": "/?q=photo",
    "board": "/board",
    "filters": "/filters?label=Bug",
    "matrix": "/matrix",
    "timeline": "/timeline",
    "trends": "/trends",
    "roadmap": "/roadmap",
    "project": "/projects/The%20new%20planning%20board",
    "initiative": "/initiatives/No%20wasted%20drive",
    "cycle": "/cycles/FLD-32",
    "team": "/teams/FLD",
    "label": "/labels/Offline",
    "person": "/people/Maren%20Solvik",
    "updates": "/updates",
    "done": "/done",
    "compared": "/?since=meeting",
    "meeting": "/meeting",
    "slides": "/present/list",
    "slides-meeting": "/present/meeting",
    "changes": "/changes?since=30d",
    "views": "/views",
    "item": "/items/FLD-327",
    "about": "/about",
    "account": "/account",
    "admin": "/admin",
    "admin-people": "/admin/people",
    "admin-sync": "/admin/sync",
    "admin-sharing": "/admin/sharing",
    "admin-audit": "/admin/audit",
    "admin-settings": "/admin/settings",
    "admin-labels": "/admin/labels",
    "admin-invitations": "/admin/invitations",
    "admin-linear-views": "/admin/views/linear",
}
SIZES: dict[str, ViewportSize] = {"": {"width": 1440, "height": 900}, "-phone": {"width": 390, "height": 844}}


def main() -> None:
    """Show the sample backlog by the embedded server, and take each page in light and dark, on desk and phone."""
    executable = chromium.find_browser()
    if executable is None:
        raise SystemExit("There is no Chromium: get it with `apt-get install chromium`.")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # under root, PostgreSQL runs as somebody else
        data = {"SLB_DATA_DIR": f"{folder}/data"}
        with serve_pages(folder, "--sample", **data) as address, chromium.start_browser(executable) as browser:
            wait_until_ready(address)
            waiting = browser.new_context(base_url=address)
            ask(waiting.new_page(), folder)
            admin = browser.new_context(base_url=address)
            sign_in(admin.new_page(), folder, **data)
            for size in SIZES:
                take(browser, address, size, STRANGERS, None)
                take(browser, address, size, {"waiting": "/waiting"}, waiting.storage_state())
                take(browser, address, size, ADMINS, admin.storage_state())


def ask(page: Page, folder: Path) -> None:
    """Be a new person who waits for an admin."""
    page.goto("/sign-in")
    page.get_by_label("Your email address").fill("carol@example.com")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_label("Six-digit code")).to_be_visible()
    codes = re.findall(r'"code": "(\d{6})"', read_log(page.url.partition("/sign-in")[0], folder / "serve.log"))
    page.get_by_label("Six-digit code").fill(codes[-1])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("A note to the admins").fill("I plan the visits in the north, and need to see what comes.")
    page.get_by_role("button", name="Send the note").click()


def sign_in(page: Page, folder: Path, **settings: str) -> None:
    """Be the admin of the sample, by a link of the command line."""
    made = subprocess.run(
        [sys.executable, "-m", "shareable_backlog", "users", "login-link", "admin@sample.invalid"],
        cwd=folder, env=environment(folder, SECRET_KEY=SECRET_KEY, **settings), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    page.goto("/sign-in/link/" + made.stdout.strip().rpartition("/")[2])
    page.get_by_role("button", name="Sign in").click()


def take(browser: Browser, address: str, size: str, pages: dict[str, str], state: object) -> None:
    """Write the pictures of one size of screen, as the person of a browser's `state` (None: nobody) sees them."""
    options = {} if state is None else {"storage_state": state}
    page = browser.new_page(
        base_url=address, viewport=SIZES[size], reduced_motion="reduce", **options  # pyright: ignore[reportArgumentType] (a state of its own making)
    )  # fmt: skip
    for name, path in pages.items():
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(path)
            page.screenshot(path=FOLDER / f"{name}{size}-{scheme}.png")


if __name__ == "__main__":
    main()
