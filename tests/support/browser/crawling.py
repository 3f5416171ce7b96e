"""Walk over all pages of a site below a path of its host, as a browser behind a proxy does."""

import re
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

from httpx2 import Response
from starlette.routing import compile_path

from shareable_backlog.routes import ROUTES
from tests.support.running_site import Site

ORIGIN, BELOW = "https://example.com", "/backlog"
_ROUTES = {path: compile_path(path)[0] for path in dict.fromkeys(route.path for route in ROUTES)}
_HEADERS = ("location", "link", "refresh", "content-location", "content-security-policy", "reporting-endpoints")


class Addresses(HTMLParser):
    """What a page has of addresses: those of links and forms, and every value that looks like a path."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.gets: list[str] = []
        self.posts: list[str] = []
        self.paths: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        values = {name: value or "" for name, value in attrs}
        is_posted = values.get("method") == "post"
        for name, value in values.items():
            if name in {"href", "src", "action"} and not value.startswith("#"):
                (self.posts if is_posted and name == "action" else self.gets).append(value)
            if name not in {"value", "d"}:
                self.paths += [value, *re.findall(r"(?<=[\s,;(])/\w\S*", value)]


class Crawl:
    """A walk of alice's over all that pages lead to: each route once, and once more for each name of a query.

    Names are combined on so many pages that a walk over all of their combinations does not end. Behind a proxy that
    takes the path off each route is asked once, as a query comes in the same either way.
    """

    def __init__(self, site: Site, *, strips: bool) -> None:
        self.site, self.strips = site, strips
        self.faults: list[str] = []
        self.seen: dict[tuple[str, str], set[str]] = {}

    def ask(self, method: str, path: str) -> Response:
        """Ask as the browser does, through a proxy that takes the path off or passes it on."""
        sent = path.removeprefix(BELOW) if self.strips else path
        return self.site.ask(method, f"{ORIGIN}{sent}", "alice", accept="text/html")

    def walk(self, *first: str) -> None:
        """Ask for the `first` paths, and for all to which they lead."""
        waiting = [("GET", f"{BELOW}{path}") for path in reversed(first)]
        while waiting:
            method, path = waiting.pop()
            parts = urlsplit(path)
            route = find_route(parts.path)
            names = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
            if (method, route) not in self.seen or (not self.strips and names - self.seen[method, route]):
                self.seen.setdefault((method, route), set()).update(names)
                waiting += self.look(method, path)

    def look(self, method: str, path: str) -> list[tuple[str, str]]:
        """Ask for a page, and return what it leads to; a form that says nothing is refused, but there."""
        answer = self.ask(method, path)
        # What was kept yesterday names plans as Linear does, which leads on to their names of today.
        if answer.status_code not in ({200, 301, 303} if method == "GET" else {403}):
            self.faults.append(f"{method} {path}: {answer.status_code}")
        for name in (
            "location",
            "link",
            "refresh",
            "content-location",
            "content-security-policy",
            "reporting-endpoints",
        ):
            for one in re.split(r"[\s,;=\"<>]+", answer.headers.get(name, "")):
                self.check(one, f"{name} of {path}")
        found = [("GET", answer.headers["location"])] if "location" in answer.headers else []
        if method == "GET" and answer.headers.get("content-type", "").startswith("text/html"):
            page = Addresses(answer.text)
            for one in page.paths:
                self.check(one, path)
            found += [("GET", urljoin(path, one)) for one in page.gets] + [("POST", one) for one in page.posts]
        return [(kind, one) for kind, one in found if one.startswith(f"{BELOW}/")]

    def check(self, address: str, where: str) -> None:
        if address.startswith("/") and not address.startswith(f"{BELOW}/"):
            self.faults.append(f"{where}: {address}")


def find_route(path: str) -> str:
    own = path.removeprefix(BELOW)
    return next((route for route, pattern in _ROUTES.items() if pattern.match(own)), f"none: {path}")


def read_cookies(answer: Response) -> dict[str, str]:
    """Return the cookies that an answer sets, each with its attributes."""
    lines = (line.partition("=") for line in answer.headers.get_list("set-cookie"))
    return {name: rest for name, _, rest in lines}
