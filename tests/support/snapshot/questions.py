"""Name the addresses that a snapshot asks for."""

from collections.abc import Iterator
from itertools import product
from urllib.parse import quote, urlencode

FIELDS = {
    "team": ("ENG", "OPS", "sec", "none"),
    "type": ("started", "triage", "completed"),
    "state": ("Todo", "in review", 'Waiting, for "somebody"'),
    "priority": ("urgent", "none", "low"),
    "assignee": ("alice", "Zoë O'Hara-Świątek", "Bob"),
    "label": ("bug", "Area", 'Parts, spare & "used"', "Roof"),
    "project": ("Apollo", "Bakery & <Sons>", "Hidden project"),
    "milestone": ("Launch", "launch", "none"),
    "cycle": ("current", "12", "The big one"),
    "creator": ("alice", "Bob"),
    "due": ("overdue", "today", "7d", "2026-02-01..2026-02-20", "..2026-02-01", "2026-02-10.."),
    "updated": ("today", "7d", "2026-02-05", "..2026-02-01"),
}
EMPTIABLE = ("state", "assignee", "label", "project", "milestone", "cycle", "creator", "due", "priority")
ORDERS = ("updated", "created", "priority", "due", "state", "manual")
GROUPS = ("state", "team", "project", "priority", "assignee", "cycle", "label")
COLUMNS = "priority,id,state,labels,milestone,project,cycle,estimate,due,assignee,created,updated"
TEXTS = (
    "door", "roof again", '"paint the roof"', "hinge", "ENG-10", "eng 10", "größe", "groesse", "TÜR", "позвонить",
    "電話", "100%", "by itself_at", r"A\B", "bold door", "saving closing", "nothing like this", "'", "a", "-door",
)  # fmt: skip
BAD = (
    "type=foo", "priority=9", "due=yesterday", "updated=overdue", "no=team", "has=foo", "group=foo", "order=foo",
    "columns=foo", "after=foo", "after=%5B%5D", "skip=foo", "due=2026-13-01", "updated=..", "order=relevance",
    "&".join(f"label=l{n}" for n in range(51)), "q=%00", "label=%00", "state=%ff", "foo=bar", "q=" + "x" * 300,
    "team=ENG&order=&group=", "columns=id&columns=due", "all=&q=", "closed=", "notice=view-saved",
)  # fmt: skip
PEOPLE = (None, "alice", "bob", "carol", "erin", "gina", "mallory", "frank")
PLAIN = (
    "/", "/?all", "/board", "/matrix", "/timeline", "/roadmap", "/changes", "/filters", "/export.csv", "/export.json",
    "/feed.atom", "/feeds", "/views", "/about", "/items/ENG-2", "/items/OPS-1", "/items/SEC-3", "/items/NONE-1",
    "/items/ENG-2/images/none", "/account", "/waiting", "/sign-in", "/sign-in?next=/changes",
    "/sign-in?next=//evil.example.com", "/sign-in/code", "/sign-in/link/none", "/sign-in/link/link-of-carol",
    "/sign-in/link/link-of-frank", "/sign-in/oidc", "/sign-in/oidc/callback?state=a&code=b", "/admin",
    "/admin/people", "/admin/people.csv", "/admin/people/2", "/admin/people/999", "/admin/people/x", "/admin/sync",
    "/admin/sync/3", "/admin/sync/999", "/admin/sharing", "/admin/groups/2", "/admin/groups/99", "/admin/audit",
    "/admin/audit.csv", "/api/v1/openapi.json", "/api/v1/items", "/api/v1/me", "/api/v1/foo", "/no-such-page",
    "/static/no-such-file", "/healthz", "/readyz", "/api/health",
)  # fmt: skip
ADMIN = (
    "/admin/people?q=guest", "/admin/people?state=pending", "/admin/people?state=active&never=on",
    "/admin/people?state=foo", "/admin/people?after=foo", "/admin/people?notice=approve&done=2&left=1",
    "/admin/people.csv?q=bob", *(f"/admin/people/{n}" for n in range(1, 9)), "/admin/people/1?notice=changed",
    "/admin/sync?notice=asked", "/admin/sync?after=foo", *(f"/admin/sync/{n}" for n in range(1, 8)),
    "/admin/sharing?q=ap", "/admin/sharing?notice=saved", "/admin/groups/1", "/admin/groups/2?q=bug",
    "/admin/groups/2?notice=put", "/admin/audit?q=bob", "/admin/audit?action=sign_in.succeeded",
    "/admin/audit?before=9", "/admin/audit?outcome=refused&admin=on",
    "/admin/audit?person=bob@example.com", "/admin/audit?from=2026-02-01&to=2026-02-28", "/admin/audit?from=foo",
    "/admin/sync/events",
)  # fmt: skip


def _flat() -> Iterator[str]:
    """Yield queries of one list: filters alone and together, orders, columns, texts, and words without meaning."""
    for name, values in FIELDS.items():
        yield from (urlencode([(name, value)]) for value in values)
        yield from (urlencode([(f"-{name}", value)]) for value in values[:2])
        yield urlencode([(name, value) for value in values])
        yield urlencode([(f"-{name}", value) for value in values])
        if name in EMPTIABLE:
            yield from (f"no={name}", f"has={name}", urlencode([(name, values[0]), ("no", name)]))
            yield urlencode([(f"-{name}", values[0]), ("has", name), ("done", "hidden")])
    for (one, values), (other, others) in zip(FIELDS.items(), [*FIELDS.items()][1:], strict=False):
        yield urlencode([(one, values[0]), (other, others[0])])
        yield urlencode([(one, values[0]), (f"-{other}", others[0]), ("archived", "shown")])
    for order in ORDERS:
        yield from (f"order={order}", f"order={order}&done=hidden", f"order={order}&archived=shown")
        yield from (f"order={order}&label=bug", f"order={order}&team=ENG&q=door", f"order={order}&assignee=alice")
        yield from (f"order={order}&project=Apollo&cycle=current", f"order={order}&no=assignee&due=30d")
    yield from (f"q={quote(text)}" for text in TEXTS)
    yield from (f"q=door&{more}" for more in ("label=bug", "archived=shown", "order=relevance", "team=OPS&no=due"))
    yield from (
        f"columns={COLUMNS}",
        "columns=id",
        f"columns={COLUMNS}&order=due&q=roof",
        "done=hidden",
        "archived=shown",
    )
    yield from BAD


def lists() -> Iterator[str]:
    """Yield the addresses of the list, as one and in groups."""
    yield from (f"/?{query}" for query in (*_flat(), *groups()))


def groups() -> Iterator[str]:
    """Yield queries of the list in groups, and of the board."""
    for group in GROUPS:
        yield f"group={group}"
        yield from (
            f"group={group}&{more}" for more in ("q=door", "done=hidden", "archived=shown", "team=ENG&label=bug")
        )
        yield from (
            f"group={group}&{more}" for more in ("closed=Todo&closed=", "order=due", "order=manual&no=assignee")
        )
        yield f"group={group}&columns={COLUMNS}&skip=2"
    yield from (f"group=label&{urlencode([(name, values[0])])}" for name, values in FIELDS.items())
    yield from (f"group=assignee&-{urlencode([(name, values[0])])}" for name, values in FIELDS.items())


def items() -> Iterator[str]:
    """Yield the addresses of items, of those that may not be shown, and of those that are spelt differently."""
    teams = ("ENG", "OPS", "ENG", "SEC", "OPS", "OLD", "ENG", "OPS")  # as mirror.sql gives them
    yield from (f"/items/{teams[number % 8]}-{number}" for number in range(1, 61))
    yield from (f"/items/{one}" for one in ("eng-2", "OPS-902", "ENG-903", "eng2", "%00", "ENG-0002", "ENG-1"))


def pages() -> Iterator[str]:
    """Yield the addresses of what else a reader may see."""
    yield from ("/board", *(f"/board?{query}" for query in list(groups())[::2]))
    yield from (f"/board?{query}" for query in ("label=bug", "q=roof", "order=due", "type=started", *BAD[:12]))
    yield from (
        f"/filters?{query}" for query in ("page=board", "label=bug&-team=OPS&no=due&q=door", "group=state", *BAD[:6])
    )
    days = (
        "today",
        "7d",
        "30d",
        "2026-02-01",
        "2026-02-05T10:00:00Z",
        "2026-02-05T10:00",
        "2020-01-01",
        "foo",
        "2026-99-01",
    )
    yield from (f"/changes?since={since}" for since in days)
    kinds = ("new", "moved", "done", "gone", "foo")
    yield from (f"/changes?since=30d&kind={kind}" for kind in kinds)
    yield from ("/changes?since=30d&team=eng", "/changes?since=30d&kind=new&kind=done", "/changes?after=foo")
    yield from (f"/roadmap?{query}" for query in ("group=initiative", "team=ENG", "team=none", "page=0", "page=foo"))
    yield from (f"/roadmap?status={one}" for one in ("planned", "started", "paused", "completed", "canceled", "foo"))
    yield from (f"/roadmap?from={one}" for one in ("2025-01", "2027-12", "foo", "0001-01"))
    yield from (f"/roadmap?{one}&group=initiative" for one in ("months=3", "months=6", "months=24", "months=foo"))
    queries = ("", "label=bug", "q=door&order=due", "no=assignee&archived=shown", "type=foo")
    yield from (
        f"/{file}?{query}" for file, query in product(("export.csv", "export.json", "feed.atom", "feeds"), queries)
    )
    yield from ("/about", "/views", "/views?notice=deleted", "/feeds", "/account?notice=preferences", "/waiting")


def api() -> Iterator[str]:
    """Yield the addresses of the API."""
    queries = (
        "", "limit=7", "limit=0", "limit=101", "limit=x", "team=ENG", "team=" + "x" * 201, "type=started", "type=foo",
        "q=door", "q=door&order=relevance", "filter=label%3Dbug%26no%3Ddue", "filter=type%3Dfoo", "after=foo",
        "foo=bar", "team=ENG&team=OPS", *(f"order={order}&limit=60" for order in (*ORDERS, "foo")),
    )  # fmt: skip
    yield from (f"/api/v1/items?{query}" for query in queries)
    yield from (f"/api/v1/items/{one}" for one in ("ENG-2", "eng-10", "OPS-902", "SEC-3", "OPS-4", "NONE-1", "x%00"))
    for what in ("teams", "projects", "labels", "views", "me"):
        yield from (
            f"/api/v1/{what}",
            f"/api/v1/{what}?limit=3",
            f"/api/v1/{what}?after=foo",
            f"/api/v1/{what}?foo=bar",
        )
