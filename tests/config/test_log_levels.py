"""Which levels LOG_LEVEL may name, for all and for single modules."""

import pytest

from shareable_backlog.config.log_levels import parse_log_levels


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("Info", "info"),
        ("warn", "warning"),
        ("info, shareable_backlog.sync = Debug", "info,shareable_backlog.sync=debug"),
        ("warning,shareable_backlog.web.request_log=info,uvicorn.error=error", None),
        ("error,shareable_backlog=debug", None),
    ],
)
def test_levels_are_read_for_all_and_for_modules(text: str, levels: str | None) -> None:
    assert parse_log_levels(text) == (levels or text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("loud", "should be debug, info, warning or error"),
        (
            "warning,shareable_backlog.sync=loud",
            "a wrong level for shareable_backlog.sync: it should be debug, info, warning or error, as in info,share",
        ),
        ("info,shareable_backlog.snyc=debug", "names the module shareable_backlog.snyc, which there is not"),
        ("info,../../etc=debug", "commas only between"),
        ("info,debug=", "should be debug"),
        ("info,", "commas only between"),
    ],
)
def test_what_is_no_level_or_no_module_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_log_levels(text)
