"""Which server is in use, and whether there is one to look at."""

from pathlib import Path

import pytest

from shareable_backlog.config import parse_settings
from shareable_backlog.database import is_made, require_made, use_server
from shareable_backlog.errors import DatabaseUnavailable


def test_a_server_of_ones_own_is_taken_for_there_without_asking_it() -> None:
    settings = parse_settings({"DATABASE_URL": "postgresql://db.example.com/backlog"})
    assert is_made(settings)
    with use_server(settings) as conninfo:
        assert "host=db.example.com" in conninfo


def test_without_data_there_is_no_embedded_one_and_none_is_made(tmp_path: Path) -> None:
    settings = parse_settings({"SLB_DATA_DIR": str(tmp_path / "data")})
    assert not is_made(settings)
    with pytest.raises(DatabaseUnavailable, match="There is no database yet"):
        require_made(settings)
    assert list(tmp_path.iterdir()) == []
