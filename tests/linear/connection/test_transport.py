from datetime import UTC, datetime

import pytest

from shareable_backlog.linear.connection.transport import parse_http_date


@pytest.mark.parametrize("text", ["", "soon", "Wed, 99 May 2026 12:00:00 GMT"])
def test_a_date_that_is_none_is_not_believed(text: str) -> None:
    assert parse_http_date(text) is None


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_a_date_is_utc_however_that_is_written(zone: str) -> None:
    assert parse_http_date(f"Wed, 13 May 2026 12:00:00 {zone}") == datetime(2026, 5, 13, 12, tzinfo=UTC)
