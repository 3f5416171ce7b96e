"""Read what a request asks, once, into a checked frozen struct; write the same struct back as an address.

A handler says by its arguments what it wants: `path`, `query` or `form`, each typed by a msgspec struct. The fields
are the names that may stand there; `msgspec.field(name=…)` is for one that Python does not allow, such as `from` or
`-label`. A tuple holds all values of a name, in their order. Of any other field the last value counts, and an empty
one is none, unless the field is a text. Other names are left alone, since a form or an address carries more than one
handler reads; a field that is spread over several names says itself which are its own.

A struct that says `forbid_unknown_fields`, as those of the API do, is for programs: other names and repeated ones are
refused, and an empty value has to be right like any other.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cache, wraps
from typing import Any, Final, Literal, TypeAlias, TypeVar
from urllib.parse import urlencode

from msgspec import NODEFAULT, Struct
from starlette.requests import Request

from shareable_backlog.errors import BacklogError, InvalidInput, NotFound
from shareable_backlog.web import forms
from shareable_backlog.web.fields import Field, Pair, clean, list_fields

S = TypeVar("S", bound=Struct)
T = TypeVar("T")
Source: TypeAlias = Literal["path", "query", "form"]
"""Where a struct is read from: the placeholders of the path, what follows the question mark, or the posted form."""

_PAIRS: Final[Mapping[Source, Callable[[Request], Iterable[Pair]]]] = {
    "path": lambda request: request.path_params.items(),
    "query": lambda request: request.query_params.multi_items(),
    "form": lambda request: forms.get_form(request).multi_items(),
}
_LONGEST_NAME = 50


def bind(handler: Callable[..., Awaitable[T]]) -> Callable[[Request], Awaitable[T]]:
    """Return `handler` as a function of the request alone, which reads the other arguments from it first.

    That raises InvalidInput, for a path NotFound. Raise TypeError for a handler that wants what no request has.
    """
    types = list_struct_types(handler)

    @wraps(handler)
    async def answer(request: Request) -> T:
        structs = {source: _read_from(request, type_, source) for source, type_ in types.items()}
        return await handler(request, **structs)

    return answer


@cache
def list_struct_types(handler: Callable[..., object]) -> dict[Source, type[Struct]]:
    """Return which structs a handler takes, from its annotations. Raise TypeError for any other argument."""
    _, *wanted = inspect.signature(handler, eval_str=True).parameters.values()
    for one in wanted:
        if one.name not in _PAIRS or not (isinstance(one.annotation, type) and issubclass(one.annotation, Struct)):
            raise TypeError(f"{one.name} of {handler} is no path, query or form that a struct describes.")
    types = {one.name: one.annotation for one in wanted}
    return {source: types[source] for source in _PAIRS if source in types}


def read_query(request: Request, type_: type[S]) -> S:
    """Return what may stand in the address of any page, whatever its handler reads. Raise InvalidInput."""
    return _read_from(request, type_, "query")


def read(type_: type[S], pairs: Iterable[Pair], source: Source) -> S:
    """Return the struct that the pairs of a request make. Raise InvalidInput, for a path NotFound."""
    all_pairs = list(pairs)
    given: dict[str, list[str]] = {}
    for key, text in all_pairs:
        # A path that is not quite that of a thing is not its path.
        given.setdefault(key, []).append(text if source == "path" else clean(text))
    is_for_programs = type_.__struct_config__.forbid_unknown_fields
    if is_for_programs:
        _require_known(type_, given)
    values: dict[str, Any] = {}
    for field in list_fields(type_):
        if field.spread is not None:
            values[field.name] = field.spread.read(all_pairs)
            continue
        texts = [field.trim(text) for text in given.get(field.key, ())]
        if not field.is_many:
            texts = [text for text in texts[-1:] if text or field.takes_empty or is_for_programs]
        if texts:
            values[field.name] = _read_field(field, texts, source)
        elif field.default is NODEFAULT:
            raise _refuse(field, source, "is missing")
    return type_(**values)


def write(params: Struct) -> list[Pair]:
    """Return the pairs that `read` makes the same struct of, in the order of its fields, defaults left out."""
    written: list[Pair] = []
    for field in list_fields(type(params)):
        value = getattr(params, field.name)
        if field.spread is not None:
            written += field.spread.write(value)
        elif value != field.default:
            written += [(field.key, text) for text in field.write(value)]
    return written


def build_url(path: str, params: Struct) -> str:
    """Return the address at which a page is asked for just this."""
    pairs = write(params)
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _read_from(request: Request, type_: type[S], source: Source) -> S:
    return read(type_, _PAIRS[source](request), source)


def _require_known(type_: type[Struct], given: Mapping[str, list[str]]) -> None:
    known = [field.key for field in list_fields(type_)]
    for key, texts in given.items():
        if key not in known:
            there_are = f"The parameters are: {', '.join(known)}." if known else "It takes none."
            raise InvalidInput(f"There is no parameter “{key[:_LONGEST_NAME]}” here. {there_are}")
        if len(texts) > 1:
            raise InvalidInput(f"The parameter “{key}” may appear only once.")


def _read_field(field: Field, texts: list[str], source: Source) -> object:
    try:
        return field.read(texts)
    except ValueError:  # msgspec's own errors are of that kind too
        raise _refuse(field, source, "isn't valid") from None


def _refuse(field: Field, source: Source, fault: str) -> BacklogError:
    """Return an error that tells whoever sent the field what is wrong with it."""
    if field.otherwise is not None:
        return field.otherwise.error(field.otherwise.message)
    if source == "path":
        return NotFound("There is nothing at this address, or you may not see it.")
    if source == "form":
        label, advice = field.key.replace("_", " "), field.meaning or "Reload the page and try again."
        return InvalidInput(f"“{label}” {fault}, so nothing was changed. {advice}")
    if not field.meaning:
        return InvalidInput(f"“{field.key}” in this page's address isn't valid. Start again from the first page.")
    return InvalidInput(f"The parameter “{field.key}” {fault}. {field.meaning}")
