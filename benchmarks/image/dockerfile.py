"""Read a Dockerfile: its stages, and the steps of each."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

_CONTINUED = re.compile(r"\\\n(\s*#.*\n)*")
_PAIR = re.compile(r'([A-Z_]+)=("[^"]*"|\S+)')


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction, such as RUN, with the rest of its line."""

    name: str
    words: str

    def read_list(self) -> list[str]:
        """Return the words of one that is written as a list."""
        return json.loads(self.words[self.words.index("[") :])


@dataclass(slots=True)
class Stage:
    """What is built from one base image."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list[Step])

    def find(self, name: str) -> Step:
        """Return the last step of that name."""
        return [step for step in self.steps if step.name == name][-1]

    def read_environment(self) -> dict[str, str]:
        """Return what all ENV set."""
        return {
            name: value.strip('"')
            for step in self.steps
            if step.name == "ENV"
            for name, value in _PAIR.findall(step.words)
        }


def read_stages(path: Path) -> list[Stage]:
    """Return the stages of a Dockerfile in their order; the last one is the image."""
    stages: list[Stage] = []
    for line in _CONTINUED.sub(" ", path.read_text(encoding="utf-8")).splitlines():
        name, _, words = line.strip().partition(" ")
        if name == "FROM":
            base, _, alias = words.partition(" AS ")
            stages.append(Stage(base, alias or str(len(stages))))
        elif name and not name.startswith("#"):
            stages[-1].steps.append(Step(name, words.strip()))
    return stages
