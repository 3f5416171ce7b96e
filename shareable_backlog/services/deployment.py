"""Find what is unsafe about the way in which the program is set up, with the fix for each."""

import asyncio
import contextlib
import stat
from collections.abc import Generator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from shareable_backlog import config, logs
from shareable_backlog.config import Network, Settings, secret_key
from shareable_backlog.config.values import is_loopback
from shareable_backlog.database import transaction
from shareable_backlog.database.access import user_scopes, users
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.connection import conninfo
from shareable_backlog.errors import BacklogError
from shareable_backlog.services.access.sign_in import SAMPLE_ADMIN, SAMPLE_DOMAIN

_LOG = logs.get_logger(__name__)
_EVERY_S = 86_400.0
_SEVERAL = 2
_SHORTEST_PREFIX = {4: 16, 6: 48}
"""What a container engine's own network or a site has, by the version of IP; more is not somebody's own."""


class Danger(Struct, frozen=True):
    """What is unsafe, by its name in the log, and how it is mended."""

    name: str
    what: str
    fix: str


def list_setting_dangers(settings: Settings) -> list[Danger]:
    """Return what is unsafe about the settings and the files in which secrets stand."""
    return [
        *_find_web_dangers(settings),
        *_find_plain_text(settings),
        *_find_readable_secrets(settings),
        *_find_kept_key(settings),
    ]


def _find_kept_key(settings: Settings) -> Generator[Danger]:
    if settings.database_url is not None and settings.secret_key is None:
        what = (
            "SECRET_KEY is not set: the one that was made is kept in SLB_DATA_DIR alone. Without that folder the"
            " audit log can't be checked, and a second program has another key."
        )
        yield Danger("kept_secret_key", what, "set SECRET_KEY to what the file secret_key in SLB_DATA_DIR holds")


async def list_account_dangers() -> list[Danger]:
    """Return what is unsafe about who may come in. Raises DatabaseUnavailable."""
    newcomers, _ = await user_scopes.read_newcomer_scope()
    async with transaction() as tx:
        sample = await users.list_emails_at(tx, SAMPLE_DOMAIN)
        readers, open_readers = await user_scopes.count_open_readers(tx)
    return list(_find_account_dangers(sample, readers, open_readers, newcomers))


async def keep_warning(settings: Settings) -> None:
    """Log once a day what is unsafe, for ever; where only this machine is served, return at once."""
    if settings.base_url is None or is_loopback(urlsplit(settings.base_url).hostname or ""):
        return
    while True:
        found = await asyncio.to_thread(list_setting_dangers, settings)
        with contextlib.suppress(BacklogError):  # the probe has it in the log
            found += await list_account_dangers()
        if found:
            _LOG.warning("unsafe_deployment", found=[one.name for one in found], fix="run `slb doctor --deploy`")
        await asyncio.sleep(_EVERY_S)


def _find_web_dangers(settings: Settings) -> Generator[Danger]:
    own = urlsplit(settings.base_url or "")
    if own.scheme != "https":
        what = "Without an https BASE_URL cookies and pages are sent in plain text, and only this machine is served."
        yield Danger("no_tls", what, "set BASE_URL to the https address at which people reach the backlog")
    elif not settings.trusted_proxies:
        what = (
            "TLS ends at a proxy that TRUSTED_PROXIES does not name, so that everybody has its address in limits"
            " and in the record, or is refused."
        )
        yield Danger("untrusted_proxy", what, "set TRUSTED_PROXIES to the address from which the proxy connects")
    is_unsafe = _is_wide if settings.auth_proxy_header else _is_public
    if wide := [one for one in settings.trusted_proxies if is_unsafe(one)]:
        what = f"TRUSTED_PROXIES trusts whoever is in {_format_networks(wide)} to say " + (
            "who they are." if settings.auth_proxy_header else "where they come from."
        )
        yield Danger("wide_proxies", what, "name the proxy's own address there")
    if public := [one for one in settings.metrics_networks if _is_public(one)]:
        what = f"METRICS_NETWORKS shows the numbers of /metrics to everybody in {_format_networks(public)}."
        yield Danger("public_metrics", what, "name the monitoring system's address there")


def _is_wide(network: Network) -> bool:
    return network.prefixlen < _SHORTEST_PREFIX[network.version]


def _is_public(network: Network) -> bool:
    return _is_wide(network) and not network.is_private


def _format_networks(networks: Sequence[Network]) -> str:
    return ", ".join(map(str, networks))


def _find_account_dangers(
    sample: Sequence[str], readers: int, open_readers: int, newcomers: Scope
) -> Generator[Danger]:
    if sample:
        what = f"Made-up people of the sample are among yours: {', '.join(sample)}."
        if SAMPLE_ADMIN in sample:
            what += " The admin can still sign in, by a link that `slb serve --sample` prints."
        fix = f"make another person an admin, run `slb users disable {SAMPLE_ADMIN}`, and delete the others in People"
        yield Danger("sample_admin", what, fix)
    if newcomers == EVERYTHING:
        what = "Newcomers are given everything that is shown before anybody has looked at who they are."
        yield Danger("open_newcomers", what, "choose nothing or groups for newcomers on Admin, Sharing")
    if readers >= _SEVERAL and open_readers == readers:
        what = f"Everybody, {readers} people, sees everything that is shown."
        yield Danger(
            "everybody_sees_everything", what, "make viewer groups on Admin, Sharing and put people into them"
        )


def _find_plain_text(settings: Settings) -> Generator[Danger]:
    for name, url in (("DATABASE_URL", settings.database_url), ("DATABASE_READ_URL", settings.database_read_url)):
        if url and conninfo.may_be_read(url.reveal()):
            what = "The database is on another host, and what is sent there can be read on the way."
            yield Danger("plain_database", what, f"add ?sslmode=verify-full to {name}, with sslrootcert if need be")
    mail = urlsplit(settings.smtp_url.reveal() if settings.smtp_url else "")
    if mail.scheme == "smtp" and not is_loopback(mail.hostname or ""):
        what = "smtp:// sends mails, with the links by which people sign in, in plain text where TLS is not offered."
        yield Danger("plain_mail", what, "begin SMTP_URL with smtps://")


def _find_readable_secrets(settings: Settings) -> Generator[Danger]:
    for path in (*config.list_secret_files(), settings.data_dir / secret_key.FILE):
        if _is_readable_by_others(path):
            what = f"Every user of this machine can read {path.name}, in which secrets stand."
            yield Danger("readable_secrets", what, f"run `chmod o-rwx {path}`")


def _is_readable_by_others(path: Path) -> bool:
    """Return whether the file, and each folder on the way to it, lets anybody in."""
    try:
        real = path.resolve(strict=True)
        return bool(real.stat().st_mode & stat.S_IROTH) and all(
            folder.stat().st_mode & stat.S_IXOTH for folder in real.parents
        )
    except OSError:
        return False
