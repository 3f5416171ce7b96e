"""Get along with whatever a command's outputs are: closed, full, or read by nobody."""

import os
import sys
from contextlib import suppress

from shareable_backlog import plain_text

_OUTPUTS = {1: "stdout", 2: "stderr"}


def ensure_outputs() -> None:
    """Open what a shell closed (`slb serve >&-`), so that no file and no connection takes its number."""
    for number in (0, *_OUTPUTS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
    for number, name in _OUTPUTS.items():
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))


def show(text: object, *, flush: bool = False) -> None:
    """Print what others wrote: names and titles, of which a terminal should obey nothing."""
    print(plain_text.replace_controls_of_terminals(str(text)), flush=flush)


def complain(error: object) -> None:
    """Print in one line of the other output what went wrong; it may quote what others wrote."""
    print(f"slb: {plain_text.replace_controls_of_terminals(str(error))}", file=sys.stderr)


def say(text: str) -> None:
    """Print a line for whoever reads it; that nobody can is no reason to stop."""
    try:
        print(text, flush=True)
    except OSError:
        drop_output()


def drop_output() -> None:
    """Send the standard output nowhere from now on, with what waits to be written."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
