"""Answer `/policy-reports`: what browsers report that the pages' policy kept from happening."""

from time import monotonic
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import logs
from shareable_backlog.errors import InvalidInput
from shareable_backlog.process_state import ProcessState
from shareable_backlog.web import bodies, errors
from shareable_backlog.web.sub_path import drop_sub_path

_LOG = logs.get_logger(__name__)
_LARGEST_BODY = 16 * 2**10
_MOST_REPORTS = 20  # of one body
_MOST_KINDS = 50  # a day, whoever reports
_DAY_S = 86_400.0
_LONGEST = 100


class Violation(Struct, rename="camel", kw_only=True):
    """What a report says, in the words of the Reporting API."""

    effective_directive: str = ""
    document_url: str = msgspec.field(default="", name="documentURL")
    blocked_url: str = msgspec.field(default="", name="blockedURL")


class Report(Struct, kw_only=True):
    """One report of the Reporting API, whatever it is of."""

    type: str = ""
    body: Violation = msgspec.field(default_factory=Violation)


class OldViolation(Struct, rename="kebab", kw_only=True):
    """The same in the words of `report-uri`."""

    effective_directive: str = ""
    violated_directive: str = ""
    document_uri: str = ""
    blocked_uri: str = ""


class OldReport(Struct, rename="kebab", kw_only=True):
    """What `report-uri` sends."""

    csp_report: OldViolation


class _Day(Struct):
    """What was reported within a day: each kind stands in the log once."""

    began: float = field(default_factory=monotonic)
    kinds: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])


_DAY = ProcessState(_Day)


async def receive_reports(request: Request) -> Response:
    """Answer 204 and log what is new today: nobody signs reports, so few are taken, and none as it came."""
    for one in _read_violations(await bodies.read_body(request, _LARGEST_BODY)):
        _log_violation(one)
    return Response(status_code=204)


def _read_violations(body: bytes) -> list[Violation]:
    """Return what is reported, in either form. Raises InvalidInput for what is no report."""
    try:
        found = msgspec.json.decode(body, type=list[Report] | OldReport)
    except msgspec.MsgspecError:
        raise InvalidInput("This is no report of a browser.") from None
    if isinstance(found, OldReport):
        old = found.csp_report
        directive = old.effective_directive or old.violated_directive.partition(" ")[0]
        return [Violation(effective_directive=directive, document_url=old.document_uri, blocked_url=old.blocked_uri)]
    return [one.body for one in found[:_MOST_REPORTS] if one.type == "csp-violation"]


def _log_violation(found: Violation) -> None:
    day = _DAY.value
    if monotonic() - day.began >= _DAY_S:
        day = _DAY.value = _Day()
    blocked = _name_source(found.blocked_url)
    kind = (found.effective_directive[:_LONGEST], blocked)
    if blocked and kind not in day.kinds and len(day.kinds) < _MOST_KINDS:
        day.kinds.add(kind)
        path = errors.hide_secret(drop_sub_path(urlsplit(found.document_url).path))[:_LONGEST]
        _LOG.warning("policy_violated", directive=kind[0], blocked=blocked, path=path)


def _name_source(url: str) -> str:
    """Return the origin of what was blocked, or the word for it; empty for what an extension of the browser did."""
    parts = urlsplit(url)
    if parts.scheme in {"http", "https", "ws", "wss"}:
        return f"{parts.scheme}://{parts.netloc}"[:_LONGEST]
    return url if url.replace("-", "").isalpha() and len(url) <= _LONGEST else ""
