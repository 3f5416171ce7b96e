"""Start the system's Chromium, and watch what its pages do."""

import contextlib
import shutil
from collections.abc import Generator, Sequence
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response, sync_playwright

from tests.support import causes

# The suggestions under the address bar are two pages of the browser's own, made anew for each window: with the spare
# process they cost more than a page of ours. The last list given counts, so the rest is of Playwright's own.
_OFF = [
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "SpareRendererForSitePerProcess",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_OFF)}",
]
# Runs before the page's own script, whatever the page's policy says.
TELL_VIOLATIONS = """addEventListener('securitypolicyviolation',
  event => console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`), true)"""


BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SHELL = "chromium-headless-shell"


def find_browser(names: Sequence[str] = (SHELL, *BROWSERS)) -> str | None:
    """Return the path of the system's Chromium, preferably the one without windows; None without any."""
    return next(filter(None, map(shutil.which, names)), None)


@contextlib.contextmanager
def start_browser(executable: str) -> Generator[Browser]:
    """Yield a running browser. Meanwhile this thread counts as one with a running event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


def watch_page(page: Page, address: str) -> list[str]:
    """Watch `page` from now on; the list fills with what no page of ours may do."""
    faults: list[str] = []

    def on_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != address and parts.scheme != "data":
            faults.append(f"request: {request.url}")

    def on_dialog(dialog: Dialog) -> None:
        faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def on_console(message: ConsoleMessage) -> None:
        # A page that is missing on purpose is told like a picture that is missing.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            faults.append(f"console: {message.text}")

    def on_response(response: Response) -> None:
        if response.status >= 500:
            causes.keep("Answers to the browser", f"{response.status} {response.request.method} {response.url}")

    page.add_init_script(TELL_VIOLATIONS)
    page.context.on("request", on_request)
    page.context.on("response", on_response)
    page.on("dialog", on_dialog)
    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    return faults
