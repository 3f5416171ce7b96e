"""Which statements of a run are cut in turn: of a loop's rounds the first two."""

import pytest

from tests.support.database.cutting import is_third_round


def list_cut(kinds: str) -> str:
    return "".join(kind for at, kind in enumerate(kinds) if not is_third_round([k.encode() for k in kinds[: at + 1]]))


@pytest.mark.parametrize(
    ("run", "cut"),
    [
        ("abcabd", "abcabd"),
        ("aaaaaa", "aa"),
        ("xaaay", "xaay"),
        ("xbsbsbsbsy", "xbsbsby"),
        ("xbsqcbsqcbsqcbsqcy", "xbsqcbsqcbsqy"),
    ],
)
def test_of_rounds_that_are_alike_few_are_cut_and_all_else_is(run: str, cut: str) -> None:
    assert list_cut(run) == cut
