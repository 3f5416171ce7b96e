"""The errors that services raise: a code that programs may go by, and words that may be shown to anybody."""

import importlib
import pkgutil
import re
from collections import Counter

import pytest

import shareable_backlog
from shareable_backlog.errors import (
    BacklogError,
    ConfigurationInvalid,
    Contended,
    DatabaseFailed,
    DatabaseUnavailable,
    DataRefused,
    MailFailed,
)
from shareable_backlog.web import errors as http_errors


@pytest.fixture(scope="module")
def kinds() -> list[type[BacklogError]]:
    """Return every kind of error of the whole program."""
    for module in pkgutil.walk_packages(shareable_backlog.__path__, "shareable_backlog."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [kind for kind in list_cases(BacklogError) if kind.__module__.startswith("shareable_backlog.")]


def list_cases(kind: type[BacklogError]) -> list[type[BacklogError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in list_cases(below))]


def test_no_two_kinds_of_error_say_the_same_code_unless_one_is_a_case_of_the_other(
    kinds: list[type[BacklogError]],
) -> None:
    own = Counter(kind.code for kind in kinds if "code" in vars(kind))
    assert [code for code, count in own.items() if count > 1] == []


def test_a_code_is_one_word_of_capitals(kinds: list[type[BacklogError]]) -> None:
    assert [kind.__name__ for kind in kinds if not re.fullmatch(r"[A-Z]+(_[A-Z]+)*", kind.code)] == []


def test_every_code_that_has_a_status_of_http_is_that_of_an_error(kinds: list[type[BacklogError]]) -> None:
    assert http_errors._STATUS.keys() - {kind.code for kind in kinds} == set()  # pyright: ignore[reportPrivateUsage] (the one table)


def test_an_error_says_its_words_and_nothing_else() -> None:
    assert str(BacklogError("There is no such item.")) == "There is no such item."


@pytest.mark.parametrize(("case", "of"), [(Contended, DatabaseUnavailable), (DataRefused, DatabaseFailed)])
def test_whoever_deals_with_the_database_deals_with_its_special_cases_too(
    case: type[BacklogError], of: type[BacklogError]
) -> None:
    assert issubclass(case, of)
    assert case.code == of.code


def test_a_mail_that_failed_is_tried_again_unless_it_is_said_to_be_final() -> None:
    assert not MailFailed("The mail server can't be reached.").is_final
    final = MailFailed("The mail server does not accept mail for this recipient.", is_final=True)
    assert (str(final), final.is_final) == ("The mail server does not accept mail for this recipient.", True)


def test_a_wrong_configuration_says_all_its_faults_one_by_one_and_together() -> None:
    error = ConfigurationInvalid(("PORT should be a whole number", "SMTP_URL is set without MAIL_FROM"))
    assert error.faults == ("PORT should be a whole number", "SMTP_URL is set without MAIL_FROM")
    assert str(error) == (
        "The configuration is wrong: PORT should be a whole number; SMTP_URL is set without MAIL_FROM"
    )
