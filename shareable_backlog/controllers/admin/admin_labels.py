"""Answer `/admin/labels`: which labels are named on items and offered as a filter."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.services import labels
from shareable_backlog.services.labels import LabelPage, LabelPreview
from shareable_backlog.web.fields import SearchText


class LabelsQuery(Struct, frozen=True):
    """What the labels are searched for."""

    q: SearchText = ""


class OffersForm(Struct, frozen=True):
    """The ids of labels: those that were `on`, `off` or not decided of on the page, and those that are ticked now.

    Whoever saves decides of all that waited there: what is not ticked then is not let through.
    """

    was_on: tuple[str, ...] = ()
    was_off: tuple[str, ...] = ()
    waited: tuple[str, ...] = ()
    on: tuple[str, ...] = ()


class LabelsContext(Struct, frozen=True):
    """The page of the labels; `text` is what they are searched for."""

    page: LabelPage
    text: str


class LabelsPreviewContext(Struct, frozen=True):
    """The page of what would change, with the form that saves it."""

    preview: LabelPreview
    form: OffersForm


async def show_labels(request: Request, query: LabelsQuery) -> Response:
    """Show the labels with switches, those that wait first; `q` narrows them."""
    return auth.render_page(
        request, "settings/labels.html", LabelsContext(await labels.list_labels(query.q), query.q)
    )


async def preview_offers(request: Request, form: OffersForm) -> Response:
    """Show which labels people would read of and which no longer, before it is saved."""
    context = LabelsPreviewContext(await labels.preview_offers(_parse_offers(form)), form)
    return auth.render_page(request, "settings/labels_preview.html", context)


async def save_offers(request: Request, form: OffersForm) -> Response:
    """Save what a preview showed."""
    await labels.save_offers(auth.read_actor(request), _parse_offers(form))
    return RedirectResponse("/admin/labels?notice=saved", 303)


def _parse_offers(form: OffersForm) -> dict[str, bool]:
    """Return what is decided of labels: of those that waited, and of those whose switch is not as it was."""
    on = set(form.on)
    changed = {id_: False for id_ in form.was_on if id_ not in on} | {id_: True for id_ in form.was_off if id_ in on}
    return changed | {id_: id_ in on for id_ in form.waited}
