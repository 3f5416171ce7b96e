"""The fault bench (`make faults`): its table is the one of the documents, and it plays, and finds what is lost."""

import re

import pytest

from benchmarks.faults import checker, document
from benchmarks.faults.cases import CASES
from benchmarks.faults.plan import draw_plan, make_chance
from benchmarks.faults.rounds import Result, play_case
from benchmarks.faults.traffic import Act
from tests.fakes.postgres import PrivateServer, PrivateServers
from tests.test_house_rules import ROOT

_CHEAP = ("postgres-restart", "kill-serve")


def test_the_table_of_the_document_is_that_of_the_cases() -> None:
    text = document.PAGE.read_text(encoding="utf-8")
    assert [*document.read_rows(text)] == [case.name for case in CASES]
    assert document.write_rows(text, []) == text


def test_a_result_takes_the_place_of_its_row_alone() -> None:
    text = document.PAGE.read_text(encoding="utf-8")
    written = document.write_rows(text, [Result(case=CASES[1], seed=7, rounds=3, losses=["a row"])])
    before, after = document.read_rows(text), document.read_rows(written)
    assert "| 3, 1 |" in after[CASES[1].name]
    assert {name for name in before if before[name] != after[name]} == {CASES[1].name}


def test_the_same_seed_gives_the_same_rounds_and_another_one_others() -> None:
    assert draw_plan(make_chance(7, "soak", 3)) == draw_plan(make_chance(7, "soak", 3))
    others = [(8, "soak", 3), (7, "kill-serve", 3), (7, "soak", 4)]
    assert draw_plan(make_chance(7, "soak", 3)) not in [draw_plan(make_chance(*other)) for other in others]


@pytest.mark.long
@pytest.mark.parametrize("name", _CHEAP)
def test_a_round_is_played_and_nothing_lost(name: str, private_servers: PrivateServers) -> None:
    [case] = [case for case in CASES if case.name == name]
    said: list[str] = []
    result = play_case(private_servers, case, seed=1, rounds=1, say=said.append)
    assert (result.rounds, said, result.skipped) == (1, [], "")
    assert result.acts
    assert result.deliveries


@pytest.mark.parametrize(
    ("status", "people", "entries", "is_lost"),
    [
        (303, 1, 1, False),
        (303, 0, 0, True),
        (303, 1, 0, True),
        (303, 1, 2, True),
        (503, 0, 0, False),
        (503, 0, 1, True),
        (None, 1, 1, False),
        (None, 1, 0, True),
        (500, 0, 0, True),
    ],
)
def test_an_act_is_lost_that_is_not_done_and_recorded_as_it_was_answered(
    private_server: PrivateServer, status: int | None, people: int, entries: int, *, is_lost: bool
) -> None:
    with private_server.connect() as admin:
        for _ in range(people):
            admin.execute("INSERT INTO users (email) VALUES ('frank@example.com')")
        for _ in range(entries):
            admin.execute(
                "INSERT INTO audit_logs (action, details)"
                """ VALUES ('person.created', '{"email": "frank@example.com"}')"""
            )
        assert bool(checker.judge_act(admin, Act("person", "frank", status))) == is_lost


def test_make_faults_plays_them_all() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^faults: .*\n\tpython -m benchmarks faults$", makefile, re.MULTILINE)
