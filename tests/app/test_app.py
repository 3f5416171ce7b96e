"""The program as a whole: what is said when it can't start."""

from pathlib import Path

from tests.support.served import slb


def test_what_keeps_it_from_starting_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder", encoding="utf-8")
    code, said = slb(tmp_path, "serve", "--port", "0", SLB_DATA_DIR=str(tmp_path / "data"))
    assert code == 1
    assert "slb: The data folder can't be used: " in said
    assert "Traceback" not in said
