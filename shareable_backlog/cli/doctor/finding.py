"""Hold what a check of `slb doctor` found."""

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """What one check found; `fix` is what to do about it, as the rest of "To mend it, …", None where all is well."""

    name: str
    status: Literal["ok", "warn", "fail"]
    what: str
    fix: str | None = None
