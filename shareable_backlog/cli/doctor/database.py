"""Check the database: whether it answers, what it is, what the program's role may do there, what it holds."""

from collections.abc import Sequence
from datetime import UTC

from shareable_backlog import clock, database
from shareable_backlog.cli.counts import format_count
from shareable_backlog.cli.doctor.finding import Finding
from shareable_backlog.config import Settings
from shareable_backlog.database.audit import audit_guards
from shareable_backlog.database.connection import faults, schema_watch
from shareable_backlog.database.connection.pool import require_database
from shareable_backlog.database.embedded import embedded_server
from shareable_backlog.database.migrate import invalid_indexes
from shareable_backlog.database.monitoring import server
from shareable_backlog.database.monitoring.server import ServerFacts
from shareable_backlog.errors import EmbeddedServerFailed
from shareable_backlog.services import deployment
from shareable_backlog.services.audit import audit_sealing
from shareable_backlog.services.deployment import Danger

_OLDEST, _NEWEST = 14, 18
_CLOCKS_AGREE_S = 30.0
_SEALED_WITHIN_S = 60
_NOTHING_YET = "none yet: `slb serve` makes it at its first start, `slb restore FILE` fills it from a backup"
_REACH_IT = "check DATABASE_URL, and that the server runs and lets this machine in"
_AS_OWNER = "run, as the owner of the tables, `slb database grants | psql`"


async def check_database(settings: Settings, *, deploy: bool) -> tuple[list[Finding], Sequence[Danger]]:
    """Return what was found, and with `deploy` what is unsafe about who may come in."""
    try:
        return await _check_database(settings, deploy=deploy)
    except EmbeddedServerFailed as error:
        fix = "correct SLB_DATA_DIR, or name a server of your own in DATABASE_URL"
        return [Finding("database", "fail", str(error), fix)], []


async def _check_database(settings: Settings, *, deploy: bool) -> tuple[list[Finding], Sequence[Danger]]:
    """Check what there is.

    An embedded server that does not run is not started, as that would write to its folder.
    """
    if settings.database_url is None:
        where = Finding("database", "ok", f"the embedded PostgreSQL in {settings.data_dir / 'postgres'}")
        found = embedded_server.inspect_server(settings.data_dir)
        if found.version is None:
            nothing = [Finding(name, "ok", _NOTHING_YET) for name in ("schema", "record")]
            return [where, Finding("connection", "ok", "none is needed yet"), *nothing], []
        if found.pid is None:
            what = f"The embedded PostgreSQL {found.version} does not run, so nothing in it was looked at."
            return [where, Finding("connection", "warn", what, "run `slb doctor` while `slb serve` runs")], []
    else:
        where = Finding("database", "ok", "your own server (DATABASE_URL)")
    async with database.open_database(settings):
        findings = [where, await check_connection()]
        if findings[-1].status == "fail":
            return [*findings, Finding("schema", "fail", "unknown", _REACH_IT)], []
        facts = await server.inspect_server()
        findings += [check_version(facts), check_tls(facts), check_encoding(facts), check_clock()]
        findings.append(Finding("prepared", "ok", database.describe_prepared_use()))
        if standby := require_database().standby:
            findings.append(check_standby(await standby.find_problem()))
        schema = await check_schema()
        findings += [schema, await check_indexes()]
        if schema.status == "fail":
            return findings, []
        findings.append(await check_record(settings))
        return findings, await deployment.list_account_dangers() if deploy else []


async def check_connection() -> Finding:
    """Ask the database for the time."""
    test = await database.test_connection()
    if not test.connected:
        return Finding("connection", "fail", test.error or "", _REACH_IT)
    if test.is_read_only:
        return Finding("connection", "fail", faults.READ_ONLY, "have the server take writes, or name one that does")
    return Finding("connection", "ok", f"answers in {test.latency_ms} ms")


def check_standby(problem: str | None) -> Finding:
    """Return whether the server of DATABASE_READ_URL can read lists."""
    if problem is None:
        return Finding("standby", "ok", "follows the primary (DATABASE_READ_URL)")
    return Finding("standby", "warn", problem, "check DATABASE_READ_URL; until then the primary reads all")


def check_version(facts: ServerFacts) -> Finding:
    """Return which PostgreSQL it is."""
    words, fix = f"PostgreSQL {facts.version}", f"use PostgreSQL {_OLDEST} to {_NEWEST}"
    if facts.major < _OLDEST:
        return Finding("server", "fail", f"{words} is too old.", fix)
    if facts.major > _NEWEST:
        return Finding("server", "warn", f"{words} is newer than this program was tried with.", fix)
    return Finding("server", "ok", words)


def check_tls(facts: ServerFacts) -> Finding:
    """Return whether what is sent to it can be read on the way."""
    if facts.tls:
        return Finding("tls", "ok", facts.tls)
    if facts.is_here:
        return Finding("tls", "ok", "none, and none is needed on this machine")
    fix = "add ?sslmode=verify-full to DATABASE_URL, with sslrootcert if need be"
    return Finding("tls", "warn", "None: what is sent to the database can be read on the way.", fix)


def check_encoding(facts: ServerFacts) -> Finding:
    """Return whether it can hold every text."""
    problem = faults.describe_encoding(facts.encoding)
    if problem is None:
        return Finding("encoding", "ok", facts.encoding)
    return Finding("encoding", "fail", problem, "make a database with UTF8 and name it in DATABASE_URL")


def check_clock() -> Finding:
    """Return how far this machine's clock and the database's, by which the program goes, are apart."""
    ahead_s = clock.measure_difference().total_seconds()
    words = f"this machine is {abs(ahead_s):.1f} s {'ahead of' if ahead_s >= 0 else 'behind'} the database"
    if abs(ahead_s) < _CLOCKS_AGREE_S:
        return Finding("clock", "ok", words)
    return Finding("clock", "warn", f"{words}, whose clock counts.", "set both by NTP")


async def check_schema() -> Finding:
    """Return whether the schema is this program's, and whether its role may use it."""
    problem = await schema_watch.check_schema()
    if problem is None:
        return Finding("schema", "ok", "up to date")
    return Finding("schema", "fail", problem, "do as this says, with a DATABASE_URL of the owner of the tables")


async def check_indexes() -> Finding:
    """Return which indexes are not valid."""
    problem = invalid_indexes.describe_invalid(await server.list_invalid_indexes())
    if problem is None:
        return Finding("indexes", "ok", "all valid")
    return Finding("indexes", "fail", problem, "run these statements")


async def check_record(settings: Settings) -> Finding:
    """Return whether the audit log is guarded and sealed."""
    guards = await audit_guards.inspect_guards()
    if guards.missing:
        gone = f"not guarded: {', '.join(guards.missing)} is gone."
        return Finding("record", "fail", gone, "restore a backup: nothing else brings it back")
    if guards.disabled:
        return Finding("record", "fail", f"not guarded: {', '.join(guards.disabled)} is off.", _AS_OWNER)
    if guards.excess:
        return Finding("record", "fail", f"not guarded: {', '.join(guards.excess)}.", _AS_OWNER)
    if guards.lacking:
        fix = f"run, as the owner of the tables, `slb database grants --program {guards.role} | psql`"
        return Finding("record", "fail", f"the role lacks {', '.join(guards.lacking)}.", fix)
    return await _check_seals() or _describe_owner(is_owner=guards.is_powerful and settings.database_url is not None)


async def _check_seals() -> Finding | None:
    """Return what waits for a seal for too long; None when nothing does."""
    state = await audit_sealing.read_state()
    oldest_at = state.oldest_unsealed_at
    if oldest_at is None or (clock.read_time() - oldest_at).total_seconds() <= _SEALED_WITHIN_S:
        return None
    since = f"{oldest_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    what = f"not sealed: {format_count(state.unsealed, 'row')} since {since}."
    return Finding("record", "fail", what, "run `slb serve`, which seals them, or any command with SECRET_KEY set")


def _describe_owner(*, is_owner: bool) -> Finding:
    if not is_owner:
        return Finding("record", "ok", "guarded and sealed")
    what = "guarded and sealed, but DATABASE_URL's role owns it."
    return Finding("record", "warn", what, "use a role that can't change it: `slb database grants` tells how")
