"""Tell where each setting comes from, and which names are none."""

import os
from collections.abc import Mapping
from pathlib import Path

from shareable_backlog.config import NAMES, SECRET_NAMES, node_names
from shareable_backlog.config.env_file import read_env_file

_CLOSE_ENOUGH = 0.9  # many programs share an environment, so that only what differs in a letter or two is a slip
_SHORTEST = 8  # shorter names of others are like ours by chance


def find_sources(env_file: Path = Path(".env")) -> dict[str, str]:
    """Return for each setting where its value comes from, in words: never the value.

    That is the environment, `.env` or "default"; for a secret in a file which name names that, and for one that goes
    by the Node service's name which that is. Raises ConfigurationInvalid when `env_file` can't be read.
    """
    places = {name: ".env" for name, value in read_env_file(env_file).items() if value and not value.isspace()}
    places |= {name: "environment" for name, value in os.environ.items() if value and not value.isspace()}
    return {name: _find_source(name, places) for name in NAMES}


def _find_source(name: str, places: Mapping[str, str]) -> str:
    if name in places:
        return places[name]
    if name in SECRET_NAMES and f"{name}_FILE" in places:
        return f"file of {name}_FILE, {places[f'{name}_FILE']}"
    for other in node_names.list_names_for(name):
        if other in places:
            return f"{places[other]}, as {other}"
    return "default"


def find_slips(names: Mapping[str, object]) -> dict[str, str]:
    """Return which of the names in an environment look like one of a setting, each with that setting's name."""
    import difflib  # late, as it is seldom needed

    known = {*NAMES, *(f"{name}_FILE" for name in SECRET_NAMES)}
    others = [name for name in names if name.isupper() and len(name) >= _SHORTEST and name not in known]
    nearest = {name: difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE_ENOUGH) for name in others}
    return {name: found[0] for name, found in nearest.items() if found}
