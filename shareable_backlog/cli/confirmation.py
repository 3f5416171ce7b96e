"""Ask before what can't be undone: at a terminal by a question, elsewhere by `--yes`."""

import sys

_REFUSED, _MISSING = 1, 2


class NotConfirmed(Exception):
    """The words for somebody who did not confirm; nothing was done."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def require_yes(loss: str, *, is_given: bool) -> None:
    """Return once the loss is confirmed: by `--yes` (`is_given`), or by "yes" typed at the terminal.

    `loss` says in whole sentences what will be gone. Raises NotConfirmed.
    """
    if is_given:
        return
    print(loss, file=sys.stderr)
    if not sys.stdin or not sys.stdin.isatty():
        raise NotConfirmed("Nothing was changed. Add --yes to go on: there is no terminal to ask at.", _MISSING)
    print("Type yes to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != "yes":
        raise NotConfirmed("Nothing was changed.", _REFUSED)
