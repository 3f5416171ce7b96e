"""Read numbers of the command line by the rules of those in the configuration."""

import argparse
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from shareable_backlog.config.values import Parser


def build_number_type(low: int, high: float = math.inf) -> Callable[[str], int]:
    """Return what reads a whole number from `low` to `high`, as the `type` of an argument."""

    def parse(text: str) -> int:
        from shareable_backlog.config import values

        return cast("int", _parse_by(values.build_whole_number_parser(low, high), text))

    return parse


def parse_seconds(text: str) -> float:
    """Read how long to wait."""
    from shareable_backlog.config import values

    return cast("float", _parse_by(values.build_number_parser("of at least 0", lambda value: value >= 0), text))


def _parse_by(parser: "Parser", text: str) -> object:
    try:
        return parser(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


parse_port = build_number_type(0, 65_535)
