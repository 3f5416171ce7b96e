"""The log: one line an event, secrets masked wherever they stand."""

import json
import logging
import re
from typing import Any

import pytest

from shareable_backlog import logs

URL = "postgresql://alice:open%23sesame@db.example.com/backlog"
PASSWORD = "open#sesame"


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_event_is_one_line_of_json_with_time_level_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logs("info", "json")
    logs.get_logger("a.module").info("it_happened", rows=3)
    [event] = events(capsys)
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "it_happened", "level": "info", "logger": "a.module", "rows": 3}


def test_events_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logs("warning", "json")
    logs.get_logger("a.module").info("too_quiet")
    logging.getLogger("a.library").info("too quiet")
    assert capsys.readouterr().err == ""


def test_a_module_and_all_below_it_may_have_another_level(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logs("warning,shareable_backlog.sync=debug,a.library=info", "json")
    for name in ("shareable_backlog.sync.runs", "shareable_backlog.web", "a.library", "another.library"):
        logs.get_logger(name).debug("told_at_debug")
        logs.get_logger(name).info("told_at_info")
    assert [(event["logger"], event["level"]) for event in events(capsys)] == [
        ("shareable_backlog.sync.runs", "debug"),
        ("shareable_backlog.sync.runs", "info"),
        ("a.library", "info"),
    ]
    logs.configure_logs("warning", "json")
    logs.get_logger("shareable_backlog.sync.runs").info("as_quiet_as_all_again")
    assert events(capsys) == []


def test_what_is_known_around_an_event_stands_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logs("info", "json")
    log = logs.get_logger("a.module")
    with logs.log_with(request_id="abc", run_id=None), logs.log_with(run_id=7):
        assert logs.get_request_id() == "abc"
        log.info("inside", rows=3)
        logging.getLogger("a.library").info("inside too")
        log.log_plain("plain", {"rows": 3})
    log.info("outside")
    assert logs.get_request_id() is None
    inside, library, plain, outside = events(capsys)
    for event in (inside, library, plain):
        assert (event["request_id"], event["run_id"]) == ("abc", 7)
    assert "request_id" not in outside


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_plain_event_reads_as_any_other(capsys: pytest.CaptureFixture[str], form: Any) -> None:
    logs.configure_logs("info", form)
    logs.get_logger("a.module").info("it_happened", rows=3, took=1.5)
    logs.get_logger("a.module").log_plain("it_happened", {"rows": 3, "took": 1.5, "nothing": None})
    lines = capsys.readouterr().err.splitlines()
    usual, plain = ({*re.findall(r"[\w.]+", line.partition("Z")[2] or line)} for line in lines)
    assert {word for word in usual ^ plain if not re.match(r"2\d\d\d|\d\d", word)} == set()


def test_the_console_form_is_one_readable_line_without_colours_for_a_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure_logs("info", "console")
    logs.get_logger("a.module").info("it_happened", rows=3)
    [line] = capsys.readouterr().err.splitlines()
    assert "it_happened" in line
    assert "rows=3" in line
    assert "\x1b" not in line


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_secret_is_masked_wherever_it_stands(capsys: pytest.CaptureFixture[str], form: Any) -> None:
    logs.mask_secret(PASSWORD)
    logs.configure_logs("info", form)
    log = logs.get_logger("a.module")
    event = f"with {PASSWORD}"
    log.info(event, key=PASSWORD, nested={"inner": [PASSWORD, (PASSWORD,)]})
    log.info("an_error", error=ValueError(PASSWORD))
    logging.getLogger("a.library").warning("with %s", PASSWORD)
    try:
        int(f"the driver's words hold {PASSWORD}")
    except ValueError:
        log.error("failed", exc_info=True)  # noqa: G201 (as the program does it)
        logging.getLogger("a.library").exception("failed too")
    shown = capsys.readouterr().err
    assert PASSWORD not in shown
    assert shown.count("***") >= 8


def test_a_secret_within_a_secret_leaves_nothing_of_the_longer_one() -> None:
    logs.mask_secret("sesame-within")
    logs.mask_secret("postgresql://alice:sesame-within@db.example.com/backlog")
    logs.mask_secret("alice:sesame-within")
    assert logs.mask_text("at postgresql://alice:sesame-within@db.example.com/backlog !") == "at *** !"


@pytest.mark.parametrize("written", ["open%23sesame%2F1", "open%23sesame/1", "open#sesame/1"])
def test_a_secret_is_masked_as_addresses_and_forms_write_it_too(written: str) -> None:
    logs.mask_secret("open#sesame/1")
    assert logs.mask_text(f"secret={written}&scope=read") == "secret=***&scope=read"


def test_a_password_is_masked_as_it_is_where_the_settings_have_it_escaped() -> None:
    logs.mask_secret("open%23sesame")
    assert logs.mask_text("with open#sesame") == "with ***"


def test_a_short_value_is_not_taken_for_a_secret() -> None:
    logs.mask_secret("abc")
    logs.mask_secret("")
    assert logs.mask_text("abcdef") == "abcdef"


def test_the_drivers_own_log_is_silent_because_it_names_the_host(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logs("debug", "json")
    logging.getLogger("psycopg.pool").warning("error connecting in 'slb': db.example.com")
    logging.getLogger("psycopg").warning("error ignored in rollback on (host=db.example.com)")
    assert capsys.readouterr().err == ""
