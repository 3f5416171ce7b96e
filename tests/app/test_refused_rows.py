"""Whatever strangers send, refused or forged, thousands of times from as many networks: it leaves hardly a row.

`python -m benchmarks limits.rows` sends ten thousand.
"""

import pytest

from tests.support import refusals, running_site
from tests.support.refusals import HTTPS, KINDS, MOST_ROWS, SETTINGS
from tests.support.signed_in import let_in

EXPECTED = {
    "a mail to anybody": 303,
    "a mail to somebody we know": 303,
    "a token": 401,
    "a feed's token": 401,
    "a session": 303,
    "a delivery": 401,
    "a report": 404,
    "an address that is not there": 404,
    "a proxy's person without a cookie": 200,
}


@pytest.mark.long
def test_refused_and_forged_requests_of_all_kinds_add_at_most_fifty_rows(database: str) -> None:
    added = refusals.count_rows_of_refusals(database, 1500)
    assert sum(added.values()) <= MOST_ROWS, added
    assert added["audit_logs"] > 1, "it is not forgotten either"


@pytest.mark.parametrize("kind", KINDS)
def test_what_counts_as_refused_or_forged_is_answered_as_that(database: str, kind: str) -> None:
    let_in(database, "alice", "bob", "dora")
    with running_site.run_site(database, SETTINGS, base_url=HTTPS) as site:
        assert KINDS[kind](site, 1).status_code == EXPECTED.get(kind, 403)
