"""Every request of a full sync fails once, and every statement: nothing is lost, and the next run converges."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from time import monotonic
from typing import LiteralString

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database import test_connection as ask_database
from tests.conftest import as_url
from tests.fakes.linear import Fault
from tests.support.database.cutting import Proxy, cut_connections
from tests.sync.model.histories import History, Run
from tests.sync.model.play import Play, Watched, open_play

_SMALL_PAGES = Run(is_full=True, halvings=6)
_CALM = History(frozenset(), trash_archives=True, steps=())
_LOCKS: LiteralString = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # other tests hold theirs in other databases
_BACK_WITHIN_S = 60.0
_TWICE = 2  # a request is tried again once
_CUTS_ALL = os.environ.get("SLB_TEST_CUTS") == "all"


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with cut_connections(database) as proxy:
        yield proxy


def changed(watched: Watched) -> None:
    """Let some time pass, and change a little of everything, with and without a trace."""
    watched.change(("pass", "600", 0, 0))
    for root in ("issues", "comments", "issueRelations", "attachments"):
        watched.change(("add", root, 0, 1))
        watched.change(("edit", root, 0, 0))
    watched.change(("live", "archive", 0, 0))
    watched.change(("live", "delete", 1, 0))
    watched.change(("remove", "issueLabels", 0, 0))


@pytest.mark.long
@pytest.mark.parametrize("fault", [Fault.BAD_GATEWAY, Fault.RATELIMITED])
def test_whichever_request_fails_the_next_run_makes_up_for_it(fault: Fault, settings: Settings) -> None:
    with open_play(settings) as play:
        for number in count():
            watched = play.begin(_CALM)
            failed = replace(_SMALL_PAGES, fault=(fault, number, _TWICE))
            first = play.run(watched, failed)
            changed(watched)
            full = play.run(watched, failed)
            play.end(watched)
            if first and full:
                assert number > 6
                return


@pytest.mark.long
@pytest.mark.parametrize("fault", [Fault.PARTIAL, Fault.NULL_NODE, Fault.NULL_CONNECTION])
def test_whichever_answer_has_a_hole_the_run_goes_on_and_the_next_one_makes_up_for_it(
    fault: Fault, settings: Settings
) -> None:
    with open_play(settings) as play:
        for number in range(8):
            watched = play.begin(_CALM)
            holed = replace(_SMALL_PAGES, fault=(fault, number, _TWICE))
            assert play.run(watched, holed)
            changed(watched)
            assert play.run(watched, holed)
            play.end(watched)


@pytest.mark.long
@pytest.mark.parametrize(("lost", "begin"), [("statement", 1), ("answer", 2)], ids=["statement", "answer"])
def test_whichever_statement_fails_the_next_run_makes_up_for_it(
    lost: str, begin: int, settings: Settings, proxy: Proxy
) -> None:
    """Lose the odd statements themselves, and the answers of the even ones; with SLB_TEST_CUTS=all each in both ways.

    So each is lost once in each of two runs, and neighbours in different ways.
    """
    with open_play(settings, through=as_url(proxy.conninfo)) as play:
        for number in count(1) if _CUTS_ALL else count(begin, 2):
            watched = play.begin(_CALM)
            first = cut(play, watched, proxy, number, is_run=lost == "answer")
            changed(watched)
            full = cut(play, watched, proxy, number, is_run=lost == "answer")
            play.converge(watched)
            if not first and not full:
                assert number > 50
                return


def cut(play: Play, watched: Watched, proxy: Proxy, number: int, *, is_run: bool) -> bool:
    """Run a full sync that loses a connection at statement `number`, and wait for the database; False without one."""
    proxy.expect(number, is_run=is_run)
    play.run(watched, Run(is_full=True, may_fail=True))
    was_cut = proxy.has_cut
    proxy.expect(None)
    wait_until(lambda: play.runner.run(ask_database()).connected)
    # Whoever was cut off keeps the lock of a sync until the server has noticed.
    wait_until(lambda: not play.runner.run(query(_LOCKS))[0][0])
    return was_cut


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = monotonic() + _BACK_WITHIN_S
    while not is_so():
        assert monotonic() < give_up_at
