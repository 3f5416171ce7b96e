"""Read from which level on events are logged, for all and for single modules."""

from pathlib import Path

from shareable_backlog.config import values

# The Node service logged by pino, whose level names stand in its environment files.
_PINO_LEVELS = {"trace": "debug", "warn": "warning", "fatal": "error", "silent": "error"}
_parse_level = values.build_choice_parser("debug", "info", "warning", "error", aliases=_PINO_LEVELS)
_EXAMPLE = "as in info,shareable_backlog.sync=debug"
_PACKAGE = Path(__file__).parents[1]


def parse_log_levels(text: str) -> str:
    """Return the level of all, and after commas those of modules: `info,shareable_backlog.sync=debug`.

    Raises ValueError with the rest of a sentence about it.
    """
    level, *of_modules = text.split(",")
    return ",".join([str(_parse_level(level.strip())), *map(_parse_module, of_modules)])


def _parse_module(text: str) -> str:
    name, _, level = map(str.strip, text.partition("="))
    if not name.replace(".", "").isidentifier():
        raise ValueError(f"should have commas only between levels of modules, {_EXAMPLE}")
    package, *below = name.split(".")
    path = _PACKAGE.joinpath(*below)
    if package == _PACKAGE.name and not (path.is_dir() or path.with_suffix(".py").is_file()):
        raise ValueError(f"names the module {name}, which there is not")
    try:
        return f"{name}={_parse_level(level)!s}"
    except ValueError as error:
        raise ValueError(f"has a wrong level for {name}: it {error}, {_EXAMPLE}") from None
