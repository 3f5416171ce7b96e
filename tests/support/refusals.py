"""Send what strangers can send, refused or forged, from another network each time, and count the rows it leaves."""

import hashlib
from collections.abc import Callable
from typing import Any

import psycopg
from httpx2 import Response
from psycopg import sql

from tests.support import running_site
from tests.support.database import catalogue
from tests.support.running_site import Site
from tests.support.signed_in import let_in

HTTPS = "https://backlog.example.com"
MOST_ROWS = 50
"""However many requests there are."""
SETTINGS = {
    "ALLOWED_NETWORKS": "192.0.2.0/24,2001:db8::/32",
    "TRUSTED_PROXIES": "127.0.0.1",
    "AUTH_PROXY_HEADER": "X-Auth-User",
    "OIDC_ISSUER": "https://127.0.0.1:1",
    "OIDC_CLIENT_ID": "backlog",
    "OIDC_CLIENT_SECRET": "0123456789-of-the-provider",
    "LINEAR_WEBHOOK_SECRETS": "0123456789-of-the-webhook",
    # Nobody answers there, so that no mail goes away.
    "SMTP_URL": "smtp://127.0.0.1:1",
    "MAIL_FROM": "backlog@example.com",
}


def from_network(number: int) -> dict[str, Any]:
    """Return the header of somebody who may ask, from another network each time."""
    return {"x-forwarded-for": f"2001:db8:0:{number:x}::1"}


def post(site: Site, path: str, number: int, browser: str, **fields: str) -> Response:
    """Post a form as any program can that takes a cookie from the sign-in page, or makes one up."""
    csrf = hashlib.sha256(b"csrf " + browser.encode()).hexdigest()
    return site.ask(
        "POST",
        path,
        data={"csrf": csrf, **fields},
        browser={"__Host-slb_browser": browser},
        origin=site.base_url,
        **from_network(number),
    )


def get_as(site: Site, email: str, number: int) -> Response:
    """Ask as somebody whom the proxy names, without a cookie."""
    return site.get("/", **{"x-auth-user": email}, **from_network(number))


def get_from(site: Site, ip_address: str) -> Response:
    """Ask from an address."""
    return site.get("/", **{"x-forwarded-for": ip_address})


KINDS: dict[str, Callable[[Site, int], Response]] = {
    "an address of no allowed network": lambda site, n: get_from(site, f"203.0.113.{n % 256}"),
    "a network of no allowed network": lambda site, n: get_from(site, f"2001:db9:{n:x}::1"),
    "addresses of one network": lambda site, n: get_from(site, f"2001:db9::{n:x}"),
    "a callback": lambda site, n: site.get("/sign-in/oidc/callback", **from_network(n)),
    "a callback with a state": lambda site, n: site.ask(
        "GET",
        f"/sign-in/oidc/callback?state=s{n}&code=c{n}",
        browser={"__Host-slb_oidc": f"e30.{n:064x}"},
        **from_network(n),
    ),
    "a made-up link": lambda site, n: post(site, f"/sign-in/link/{n:064x}", n, f"b{n}"),
    "a look at a made-up link": lambda site, n: site.get(f"/sign-in/link/{n:064x}", **from_network(n)),
    "a code without a link": lambda site, n: post(site, "/sign-in/code", n, f"b{n}", code=f"{n:06}"),
    "a mail to anybody": lambda site, n: post(site, "/sign-in", n, f"b{n}", email=f"p{n}@example.com"),
    "a mail to somebody we know": lambda site, n: post(site, "/sign-in", n, "guesser", email="alice@example.com"),
    "a guess": lambda site, n: post(site, "/sign-in/code", n, "guesser", code=f"{n:06}"),
    "a token": lambda site, n: site.get("/api/v1/items", authorization=f"Bearer slb_{n}", **from_network(n)),
    "a feed's token": lambda site, n: site.get(f"/feed.atom?token=slb_{n}", **from_network(n)),
    "a session": lambda site, n: site.ask("GET", "/", browser={"__Host-slb_session": f"s{n}"}, **from_network(n)),
    "somebody else's form": lambda site, n: site.ask(
        "POST", "/sign-in", data={"email": f"p{n}@example.com"}, **from_network(n)
    ),
    "a delivery": lambda site, n: site.ask("POST", "/webhooks/linear", data={"n": n}, origin="", **from_network(n)),
    "a report": lambda site, n: site.ask("POST", "/csp-reports", data={"n": n}, **from_network(n)),
    "an address that is not there": lambda site, n: site.get(f"/admin/{n}.php", **from_network(n)),
    "a proxy's person without a cookie": lambda site, n: get_as(site, "bob@example.com", n),
    "a proxy's person whose access has ended": lambda site, n: get_as(site, "dora@example.com", n),
}


def count_rows(conninfo: str) -> dict[str, int]:
    """Return how many rows each table has."""
    with psycopg.connect(conninfo) as connection:
        found = {
            table: connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
            for table in catalogue.tables(conninfo)
        }
    return {table: row[0] for table, row in found.items() if row}


def count_rows_of_refusals(conninfo: str, requests: int) -> dict[str, int]:
    """Send so many requests of all kinds to a program, stop it, and return how many rows each table gained.

    What was counted is written at the stop.
    """
    let_in(conninfo, "alice", "bob", "dora")
    before = count_rows(conninfo)
    kinds = list(KINDS.values())
    with running_site.run_site(conninfo, SETTINGS, base_url=HTTPS) as site:
        for number in range(requests):
            kinds[number % len(kinds)](site, number)
    return {table: count - before[table] for table, count in count_rows(conninfo).items() if count != before[table]}
