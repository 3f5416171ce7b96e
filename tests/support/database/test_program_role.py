"""The role by which tests use a database, and benchmarks without one."""

import pytest

from tests.support.database import program_role

CONNINFO = "host=/nowhere dbname=backlog"


def test_tests_use_a_database_by_the_programs_role() -> None:
    assert f"role={program_role.name_role()}" in program_role.use_role(CONNINFO)


def test_a_benchmark_that_made_no_role_uses_its_database_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(program_role.TEMPLATE)
    assert program_role.use_role(CONNINFO) == CONNINFO
