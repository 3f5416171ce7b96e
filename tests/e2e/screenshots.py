"""Take the pictures of docs/screenshots/ anew: `python -m tests.e2e.screenshots`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize

from tests.e2e import chromium
from tests.e2e.serving import ROOT, serving, wait_until_ready

FOLDER = ROOT / "docs" / "screenshots"
PAGES = {"list": "/", "item": "/items/FLD-327"}
SIZES: dict[str, ViewportSize] = {"": {"width": 1440, "height": 900}, "-phone": {"width": 390, "height": 844}}


def main() -> None:
    """Show the sample backlog by the embedded server, and take each page in light and dark, on desk and phone."""
    executable = chromium.found()
    if executable is None:
        raise SystemExit("There is no Chromium: get it with `apt-get install chromium`.")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # under root, PostgreSQL runs as somebody else
        with (
            serving(Path(folder), "--sample", SLB_DATA_DIR=f"{folder}/data") as address,
            chromium.started(executable) as browser,
        ):
            wait_until_ready(address)
            for size in SIZES:
                take(browser, address, size)


def take(browser: Browser, address: str, size: str) -> None:
    """Write the pictures of one size of screen."""
    page = browser.new_page(base_url=address, viewport=SIZES[size], reduced_motion="reduce")
    page.emulate_media(color_scheme="light")
    for name, path in PAGES.items():
        page.goto(path)
        page.screenshot(path=FOLDER / f"{name}{size}-light.png")
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=FOLDER / f"{name}{size}-dark.png")
        page.emulate_media(color_scheme="light")


if __name__ == "__main__":
    main()
