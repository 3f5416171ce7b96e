"""Show how a run gets on: a live line for each stream on a terminal, plain lines elsewhere."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from shareable_backlog.cli.counts import format_count
from shareable_backlog.sync.runs import OnPage, RunReport
from shareable_backlog.sync.store import StreamPage

if TYPE_CHECKING:
    from rich.progress import TaskID


@contextmanager
def draw_progress(stream: TextIO) -> Generator[OnPage]:
    """Yield the callback that draws progress to `stream` while the context lasts.

    Linear does not say how many rows there are: the bar pulses and counts what has been stored.
    """
    if not stream.isatty():
        yield lambda report, page: print(_format_line(report, page), file=stream, flush=True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def on_page(_report: RunReport, page: StreamPage) -> None:
            name = page.stream.name
            if name not in tasks:
                for task in tasks.values():
                    progress.update(task, total=progress.tasks[task].completed)
                tasks[name] = progress.add_task(name.replace("_", " "), total=None)
            progress.advance(tasks[name], len(page.nodes))

        yield on_page


def _format_line(report: RunReport, page: StreamPage) -> str:
    stored = report.streams[page.stream.name]
    rows = stored.created + stored.updated + stored.unchanged
    return f"{page.stream.name.replace('_', ' ')}: {format_count(rows, 'row')}"
