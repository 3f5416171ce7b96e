"""The head of the record that is kept outside of the database."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shareable_backlog.config import parse_settings
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.audit import audit_heads
from shareable_backlog.services.audit.audit_heads import AuditHead

HEAD = AuditHead(12, bytes(range(32)))


def test_a_head_is_written_as_it_is_read() -> None:
    assert audit_heads.parse_head(f" {HEAD}\n") == HEAD
    assert str(HEAD).startswith("12:000102")


@pytest.mark.parametrize(
    "text", ["", "12", "12:abc", f"-1:{'0' * 64}", f"1:{'g' * 64}", f"٣:{'0' * 64}", "1:" + "0" * 65]
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="That is no head of the audit log"):
        audit_heads.parse_head(text)


def test_what_was_remembered_last_counts(tmp_path: Path) -> None:
    file = tmp_path / "data" / "audit_head"
    assert audit_heads.read_remembered(file) is None
    audit_heads.write_head(file, AuditHead(1, bytes(32)))
    audit_heads.write_head(file, HEAD)
    assert audit_heads.read_remembered(file) == HEAD
    assert [path.name for path in file.parent.iterdir()] == ["audit_head"]


def test_a_file_that_can_not_be_understood_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "audit_head").write_bytes(b"\xff")
    assert audit_heads.read_remembered(tmp_path / "audit_head") is None


def test_what_can_not_be_written_is_said_once() -> None:
    with capture_logs() as logged:
        for _ in range(2):
            audit_heads.write_head(Path("/dev/null/audit_head"), HEAD)
    assert [event["event"] for event in logged] == ["audit_head_not_remembered"]


def test_a_head_that_cannot_take_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "audit_head" / "full").mkdir(parents=True)
    with capture_logs():
        audit_heads.write_head(tmp_path / "audit_head", HEAD)
    assert [path.name for path in tmp_path.iterdir()] == ["audit_head"]


def test_each_database_has_a_file_of_its_own_whoever_signs_in(tmp_path: Path) -> None:
    def locate(url: str | None) -> Path:
        given = {"SLB_DATA_DIR": str(tmp_path)} | ({"DATABASE_URL": url} if url else {})
        return audit_heads.locate_head_file(parse_settings(given))

    first = locate("postgresql://slb:one@192.0.2.1/backlog")
    assert first.parent == tmp_path
    assert locate("postgresql://owner:two@192.0.2.1/backlog") == first
    others = {locate(None), locate("postgresql://192.0.2.1/other"), locate("postgresql://192.0.2.2/backlog")}
    assert len(others | {first}) == 4
