"""Dates, times and numbers as their reader writes them."""

from datetime import UTC, date, datetime
from zoneinfo import available_timezones

import pytest

from shareable_backlog.web.pages import locales
from shareable_backlog.web.pages.locales import OFFERED, LocalFormat, write_for

AT = datetime(2026, 11, 4, 23, 2, 7, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
NARROW = "\N{NARROW NO-BREAK SPACE}"
MARK = "\N{RIGHT SINGLE QUOTATION MARK}"


@pytest.mark.parametrize(
    ("local", "said"),
    [
        (LocalFormat(), "4 Nov 2026, 23:02 UTC"),
        (LocalFormat("Europe/Berlin", "de"), "5. Nov. 2026, 00:02 CET"),
        (LocalFormat("America/New_York", "en-US"), f"Nov 4, 2026, 6:02{NARROW}PM EST"),
        (LocalFormat("Asia/Kolkata", "fr"), "5 nov. 2026, 04:32 IST"),
        (LocalFormat("America/Sao_Paulo", "vi"), "20:02 4 thg 11, 2026 -03"),
    ],
)
def test_a_time_is_said_exactly(local: LocalFormat, said: str) -> None:
    with write_for(local):
        assert locales.format_exact(AT) == said


def test_seconds_are_said_where_they_matter() -> None:
    assert locales.format_exact(AT, seconds=True) == "4 Nov 2026, 23:02:07 UTC"


def test_an_hour_that_comes_twice_is_told_by_its_zone() -> None:
    with write_for(LocalFormat("Europe/Berlin")):
        said = [locales.format_exact(datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1)]
    assert said == ["25 Oct 2026, 02:30 CEST", "25 Oct 2026, 02:30 CET"]


@pytest.mark.parametrize(
    ("local", "said"),
    [
        (LocalFormat(), ("4 Nov 2026", "4 Nov", "Nov 2026", "Nov", "Wednesday", "23:02")),
        (LocalFormat("Europe/Berlin", "de"), ("5. Nov. 2026", "5. Nov.", "Nov. 2026", "Nov.", "Donnerstag", "00:02")),
        (LocalFormat("Asia/Tokyo", "ja"), ("2026年11月5日", "11月5日", "2026年11月", "11月", "木曜日", "8:02")),
    ],
)
def test_parts_of_a_time_are_those_of_the_reader(local: LocalFormat, said: tuple[str, ...]) -> None:
    with write_for(local):
        found = (
            locales.format_day(AT),
            locales.format_day(AT, NOW),
            locales.format_month(AT),
            locales.format_month(AT, with_year=False),
            locales.format_weekday(AT),
            locales.format_clock(AT),
        )
    assert found == said


def test_a_date_is_the_same_in_every_time_zone() -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        with write_for(LocalFormat(zone)):
            assert locales.format_day(date(2026, 11, 4)) == "4 Nov 2026"


def test_the_year_is_left_out_only_in_the_readers_own() -> None:
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    with write_for(LocalFormat("Europe/Berlin")):
        assert locales.format_day(new_year, new_year) == "1 Jan"
        assert locales.format_day(date(2026, 12, 31), new_year) == "31 Dec 2026"
        assert locales.compute_today(new_year) == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("locale", "said"), [("en-GB", "1,234.5"), ("de", "1.234,5"), ("de-CH", f"1{MARK}234.5"), ("en-IN", "1,234.5")]
)
def test_numbers_have_the_readers_marks(locale: str, said: str) -> None:
    with write_for(LocalFormat(locale=locale)):
        assert locales.format_number(1234.5) == said
        assert locales.format_number(3.0) == locales.format_number(3) == "3"


@pytest.mark.parametrize("locale", OFFERED)
def test_every_locale_that_is_offered_can_write_everything(locale: str) -> None:
    with write_for(LocalFormat("Africa/Nairobi", locale)):
        said = (
            locales.format_exact(AT),
            locales.format_day(AT, NOW),
            locales.format_month(AT),
            locales.format_weekday(AT),
            locales.format_number(9.5),
        )
    assert "2026" in said[0]
    assert all(said)
    assert locales.list_names()[locale] != locale


def test_every_time_zone_of_this_machine_has_a_name_for_its_time() -> None:
    for zone in sorted(available_timezones())[::7]:
        with write_for(LocalFormat(zone)):
            assert "2026" in locales.format_exact(AT)


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en-GB"),
        ("*", "en-GB"),
        ("en", "en-GB"),
        ("en-US,en;q=0.5", "en-US"),
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("DE-at", "de-AT"),
        ("fr;q=0.3, sv;q=0.9", "sv"),
        ("fr;q=0, nl;q=0.1", "nl"),
        ("tlh, fr-LU;q=0.5", "fr"),
        ("no", "nb"),
        ("pt", "pt-BR"),
        ("zh-Hant-HK", "zh-TW"),
        ("zh-Hans-SG", "zh-CN"),
        ("de;q=x, it;q=0.1", "it"),
        (";;;,,q=1,../../etc, \x00", "en-GB"),
        (",".join(["x"] * 100 + ["de"]), "en-GB"),
    ],
)
def test_the_browser_is_asked_for_the_locale(header: str, locale: str) -> None:
    assert locales.choose_locale(None, header) == locale


def test_what_was_chosen_comes_before_what_the_browser_asks_for() -> None:
    assert locales.choose_locale("de-CH", "fr") == "de-CH"


def test_what_is_not_offered_is_not_chosen() -> None:
    assert locales.choose_locale("tlh", "fr") == "fr"


@pytest.mark.parametrize(
    ("resolution", "said"),
    [
        (None, "4 Nov 2026"),
        ("decade", "4 Nov 2026"),
        ("month", "Nov 2026"),
        ("quarter", "Q4 2026"),
        ("halfYear", "H2 2026"),
        ("year", "2026"),
    ],
)
def test_a_date_of_a_plan_is_as_exact_as_it_is_meant(resolution: str | None, said: str) -> None:
    assert locales.format_plan_date(date(2026, 11, 4), resolution) == said
    assert locales.format_plan_date(date(2026, 6, 30), "halfYear") == "H1 2026"


def test_a_quarter_is_written_as_the_reader_does() -> None:
    with write_for(LocalFormat("UTC", "fr")):
        assert locales.format_plan_date(date(2026, 11, 4), "quarter") == "T4 2026"
