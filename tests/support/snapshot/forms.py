"""Post every form of the product, in an order in which each finds what it needs."""

from pathlib import Path

from tests.support.snapshot.browser import Browser

VARIANTS = {
    "german": {"accept_language": "de-AT,de;q=0.9"},
    "american": {"accept_language": "en-US"},
    "auckland": {"cookie": "slb_session=session-of-bob-0123456789; zone=Pacific/Auckland"},
    "json": {"accept": "application/json"},
}
"""The ways in which one reader may ask differently."""

COMMANDS = (
    "config", "version", "--version", "nonsense", "migrate status", "migrate status --json", "migrate verify",
    "migrate up --dry-run", "status", "status --json", "sync", "sync status", "sync history --limit 5",
    "sync history --json --limit 3", "users list --state active", "users list --json --state declined",
    "users create nonsense", "users approve nobody@example.com", "sessions list", "sessions list --json",
    "audit verify", "audit verify --json", "audit list --limit x", "doctor", "doctor --json",
    "import no-such-file.csv", "seed", "backup /no-such-folder/file", "serve --host 0.0.0.0",
)  # fmt: skip
"""Commands that change nothing."""


def post_all(address: str, folder: Path) -> None:
    """Post the forms, and read the pages that show what came of them."""
    nobody = Browser(address, folder / "nobody")
    bob = Browser(address, folder / "bob", "bob")
    alice = Browser(address, folder / "alice", "alice")
    _refuse(nobody, bob, alice, Browser(address, folder / "carol", "carol"))
    _sign_in(nobody)
    _choose(bob)
    _save_views(bob, alice)
    _decide(alice)
    _share(alice)
    _view_as(alice)
    alice.get("/admin")
    alice.follow("/admin/audit")
    alice.get("/admin/audit.csv")
    bob.post("/sign-out")
    bob.get("/")


def _refuse(nobody: Browser, bob: Browser, alice: Browser, carol: Browser) -> None:
    nobody.post("/sign-out")
    for path in ("/views", "/admin/people", "/feeds", "/no-such-form"):
        for browser in (nobody, carol, bob):
            browser.post(path, ("email", "x"))
    alice.post("/admin/people", ("email", "x@example.com"), origin="https://evil.example.com")
    alice.post("/admin/people", content_type="application/json")
    alice.post("/views", ("name", "x"), accept="application/json")
    alice.post("/webhooks/linear", linear_signature="00")
    carol.post("/waiting", ("note", "Please, <b>soon</b>"))
    carol.get("/waiting?notice=sent")


def _sign_in(nobody: Browser) -> None:
    nobody.post("/sign-in", ("email", "not an address"), ("next", "/changes"))
    nobody.post("/sign-in", ("email", "hugo@example.com"), ("next", "/changes"))
    nobody.post("/sign-in/code", ("code", "12"))
    for name in ("bob", "mallory", "frank", "carol", "carol", "nobody"):
        nobody.post(f"/sign-in/link/link-of-{name}")


def _choose(bob: Browser) -> None:
    columns = [("columns", one) for one in ("id", "due", "")]
    bob.post("/account/preferences", ("theme", "light"), ("density", "compact"), *columns)
    bob.post("/account/preferences", ("time_zone", "Asia/Tokyo"), ("locale", "fr-CH"))
    bob.post("/account/preferences", ("theme", "pink"))
    bob.get("/account?notice=preferences")
    bob.get("/?all")
    bob.post("/changes/seen")
    bob.get("/changes")
    bob.post("/feeds?label=bug&order=due")
    right = ("right", "items")
    bob.post("/account/tokens", ("name", "A script"), right, ("last_day", "2026-12-31"))
    bob.post("/account/tokens", ("name", ""), right)
    bob.post("/account/tokens", ("name", "Old"), right, ("last_day", "2025-01-01"))
    bob.post("/account/tokens", ("name", "Odd"), right, ("last_day", "tomorrow"))
    bob.post("/account/tokens", ("name", "None"))
    bob.get("/account")
    for number in ("2", "2", "999", "x"):
        bob.post(f"/account/tokens/{number}/revoke")
    for number in ("999", "x"):
        bob.post(f"/account/sessions/{number}/end")


def _save_views(bob: Browser, alice: Browser) -> None:
    for browser in (bob, alice):
        browser.post("/views", ("name", " My  bugs "), ("query", "order=due&label=bug"), ("layout", "list"))
        browser.post("/views", ("name", "my BUGS"), ("query", "label=bug"), ("layout", "board"))
        browser.post("/views", ("name", "my BUGS"), ("query", "label=bug"), ("layout", "board"), ("replaces", "yes"))
        browser.post("/views", ("name", "Road"), ("query", "group=initiative&notice=x"), ("layout", "roadmap"))
        browser.post("/views", ("name", ""), ("query", ""))
        browser.post("/views", ("name", "x"), ("query", "type=foo"))
        browser.post("/views", ("name", "x"), ("query", ""), ("layout", "foo"))
        browser.get("/board?label=bug")
        browser.post("/views/rename", ("view", "road"), ("name", "My road"))
        browser.post("/views/rename", ("view", "My road"), ("name", "my bugs"))
        browser.post("/views/move", ("view", "My road"), ("to", "up"))
        browser.post("/views/default", ("view", "My road"))
        browser.get("/")
        browser.post("/views/default", ("view", ""))
        browser.post("/views/copy", ("published", "1"))
        browser.post("/views/copy", ("published", "99"))
        browser.get("/views")
        browser.post("/views/delete", ("view", "My road"))
        browser.get("/views?notice=deleted")
        browser.post("/views/bring-back")
        browser.post("/views/bring-back")
    alice.post("/admin/views", ("view", "My road"))
    alice.post("/admin/views", ("view", "nothing"))
    for what in ("rename", "move", "unpublish"):
        for number in ("1", "99", "x"):
            alice.post(f"/admin/views/{number}/{what}", ("name", "Bugs that are open"), ("to", "down"))
    alice.get("/views")


def _decide(alice: Browser) -> None:
    decide = "/admin/people/decide"
    for user, decision in (
        ("3", "approve"), ("3", "approve"), ("3", "decline"), ("5", "restore"), ("6", "restore"), ("6", "disable"),
        ("2", "promote"), ("2", "demote"), ("1", "demote"), ("1", "disable"), ("999", "approve"), ("x", "approve"),
        ("2", "praise"),
    ):  # fmt: skip
        alice.post(decide, ("user", user), ("decision", decision), ("reason", "As agreed"), ("sees", "everything"))
    alice.post(decide, ("decision", "approve"))
    for day in ("2026-06-30", "30.6.2026"):
        alice.post(
            decide,
            ("user", "9"),
            ("user", "11"),
            ("decision", "approve"),
            ("last_day", day),
            ("sees", "groups"),
            ("group", "2"),
            ("group", "1"),
        )
    alice.post("/admin/people", ("email", "new@example.com"), ("name", "New"))
    for _ in range(2):
        alice.post("/admin/people", ("email", "new@example.com"), ("name", "New"), ("sees", "nothing"))
    alice.post("/admin/people", ("email", "nonsense"))
    person = (("name", "Erin E."), ("last_day", "2026-04-01"), ("sees", "groups"), ("group", "1"))
    for number in ("4", "999", "x"):
        alice.post(f"/admin/people/{number}", *person)
        alice.get(f"/admin/people/{number}?notice=changed")
        alice.post(f"/admin/people/{number}/sessions/4/end")
        alice.post(f"/admin/people/{number}/delete", ("email", "nobody@example.com"))
    alice.post("/admin/people/8/delete", ("email", "frank@example.com"))
    alice.get("/admin/people")


def _share(alice: Browser) -> None:
    alice.post("/admin/groups", ("name", "A group"))
    alice.post("/admin/groups", ("name", "A group"))
    alice.post("/admin/groups", ("name", ""))
    for number in ("3", "99", "x"):
        group = f"/admin/groups/{number}"
        alice.post(f"{group}/name", ("name", "Another name"))
        alice.post(
            f"{group}/rules", ("was", "0 team team-eng"), ("was", "1 label label-bug"), ("on", "team team-eng")
        )
        alice.post(f"{group}/people", ("email", "gina@example.com"))
        alice.post(f"{group}/people", ("email", "nobody@example.com"))
        alice.get(group)
        alice.post(f"{group}/people/out", ("user", "7"))
        alice.post(f"{group}/delete", ("people", "0"))
    alice.post("/admin/groups/2/delete", ("people", "9"))
    switches = (("version", "2"), ("field", "comments"), ("was", "1 team team-sec"), ("was", "0 label label-area"))
    alice.post("/admin/sharing/preview", *switches, ("on", "label label-area"))
    alice.post("/admin/sharing/preview", ("version", "x"))
    change = (("field", "comments"), ("change", "0 team team-sec"), ("change", "1 label label-area"))
    for version in ("2", "2", ""):
        alice.post("/admin/sharing", ("version", version), *change)
    alice.get("/admin/sharing?notice=saved")
    alice.get("/about")


def _view_as(alice: Browser) -> None:
    alice.post("/admin/sync", ("kind", "full"))
    alice.post("/admin/sync")
    alice.post("/admin/sync/removals", ("gone", "12"))
    alice.post("/admin/sync/removals", ("gone", "x"))
    alice.get("/admin/sync")
    for number in ("2", "4", "999"):
        alice.post(f"/admin/people/{number}/view-as")
        alice.get("/?all")
        alice.get("/changes")
    alice.post("/admin/view-as/stop")
