"""Answers of the API and feeds that are kept: never of another time, or of what others see."""

from collections.abc import Generator
from random import Random

import pytest

from shareable_backlog import tracing
from shareable_backlog.process_state import reset_process_state
from tests.conftest import create_database
from tests.controllers import test_kept_pages as kept_pages
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

PATHS = (
    "/api/v1/items",
    "/api/v1/items?team=ENG&limit=1",
    "/api/v1/items?q=ENG-1&order=rank",
    "/feed.atom",
    "/feed.atom?team=ENG",
)


@pytest.fixture
def site(server: str, template: str) -> Generator[Site]:
    with create_database(server, template) as conninfo, running_site.run_site(conninfo) as site:
        let_in(conninfo, "alice", "bob", "erin")
        site.query(kept_pages.ROWS)
        kept_pages.wait_out_minute()
        yield site


@pytest.mark.parametrize("path", PATHS)
def test_what_was_asked_for_before_is_not_read_again(site: Site, path: str) -> None:
    first = site.get(path, "bob")
    with tracing.trace_statements() as trace:
        again = site.get(path, "bob")
    assert (first.status_code, again.content) == (200, first.content)
    assert not [one for one in trace.statements if "backlog_items" in str(one.sql)]


@pytest.mark.parametrize("path", PATHS)
def test_all_that_it_is_read_from_changes_the_version_or_is_the_readers(site: Site, path: str) -> None:
    assert kept_pages.list_unversioned(site, path) - kept_pages.OF_THE_READER - kept_pages.OF_WHAT_CHANGES == set()


@pytest.mark.parametrize("path", PATHS)
def test_random_rules_and_syncs_never_leave_an_answer_of_before(site: Site, path: str) -> None:
    random = Random(20261129)  # noqa: S311 (a seed)
    answers = set[bytes]()
    for _ in range(30):
        site.query(random.choice([*kept_pages.OF_THE_MIRROR, *kept_pages.OF_SCOPES])(random))
        for persona in ("bob", "erin"):
            kept = site.get(path, persona).content
            reset_process_state()
            assert site.get(path, persona).content == kept
            answers.add(kept)
    assert len(answers) > 1
