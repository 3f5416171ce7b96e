"""Know the Node service's later databases by their ledgers."""

from pathlib import Path

import pytest

from shareable_backlog.database import migrate
from shareable_backlog.database.migrate import files, node_service
from tests.database.migrate import node_databases

SHARED, OWN = node_service.SHARED_NAMES, node_service.OWN_NAMES


def test_its_names_are_those_of_its_files_and_no_more_than_five_are_ours(folder: Path) -> None:
    node_databases.copy_files(folder)
    assert tuple(path.stem for path in sorted(folder.glob("*.sql"))) == (*SHARED, *OWN)
    ours = {migration.name for migration in files.read_migrations(migrate.locate_migrations())}
    assert ours & {*SHARED, *OWN} == set(SHARED)


@pytest.mark.parametrize("count", range(1, 11))
def test_each_number_of_its_own_from_the_first_on_is_a_state(count: int) -> None:
    assert node_service.is_later_state([*SHARED, *OWN[:count]])


@pytest.mark.parametrize(
    "names",
    [SHARED, OWN, (*SHARED, *OWN[1:]), (*SHARED[1:], *OWN), (*SHARED, *OWN, "016_more"), (*SHARED, "006_x", *OWN)],
)
def test_all_else_is_none(names: tuple[str, ...]) -> None:
    assert not node_service.is_later_state(names)
