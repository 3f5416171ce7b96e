"""Read what an admin chose in lists of teams, projects and labels."""

from starlette.requests import Request

from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.access.sharing import KINDS, Choice
from shareable_backlog.web.forms import Form

_LONGEST_TEXT = 200


def text(request: Request) -> str:
    """Give what the lists are searched for."""
    return request.query_params.get("q", "").replace("\x00", "").strip()[:_LONGEST_TEXT]


def changed(form: Form) -> list[Choice]:
    """Give the switches that are not as they were on the page: what was not on it, or not touched, is no choice."""
    on = set(form.getlist("on"))
    was = [_choice(value) for value in form.getlist("was")]
    return [
        Choice(one.kind, one.id, not one.is_shown) for one in was if (f"{one.kind} {one.id}" in on) != one.is_shown
    ]


def confirmed(form: Form) -> list[Choice]:
    """Give the choices that a preview carries."""
    return [_choice(value) for value in form.getlist("change")]


def number(given: str) -> int:
    """Give a number of a form or an address. Raises InvalidInput for anything else."""
    if not (given.isascii() and given.isdecimal() and len(given) <= 9):  # noqa: PLR2004 (what fits an integer of PostgreSQL)
        raise InvalidInput("The form was not complete, so nothing was changed. Load the page anew.")
    return int(given)


def _choice(given: str) -> Choice:
    """Read "1 team ID" as a team that is shown, "0 team ID" as one that is not."""
    is_shown, _, rest = given.partition(" ")
    named, _, id_ = rest.partition(" ")
    for kind in KINDS:
        if kind == named and is_shown in {"0", "1"} and id_:
            return Choice(kind, id_, is_shown == "1")
    raise InvalidInput("The form was not complete, so nothing was changed. Load the page anew.")
