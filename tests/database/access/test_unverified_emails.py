"""Addresses of people whom nobody vouches for: they say what is claimed, and are never anybody's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.config import values
from shareable_backlog.database.access import unverified_emails

ISSUER, CAROL = "https://id.example.com", "carol@example.com"


def test_what_is_claimed_can_be_read_from_the_address() -> None:
    email = unverified_emails.build_email(ISSUER, "carol-1", CAROL)
    assert email.startswith("carol=example.com.")
    assert email.endswith("@unverified.invalid")
    assert unverified_emails.read_claimed_email(email) == CAROL


def test_each_subject_of_each_provider_has_an_address_of_its_own() -> None:
    asked = [(ISSUER, "1"), (ISSUER, "2"), ("https://other.example.com", "1"), (f"{ISSUER}1", "")]
    assert len({unverified_emails.build_email(*one, CAROL) for one in asked}) == 4


@given(
    st.text(min_size=1, max_size=254),
    st.from_regex(r"[^\s@<>\",;:.]{1,60}(\.[^\s@<>\",;:.]{1,60}){1,3}", fullmatch=True),
)
def test_whatever_is_claimed_stays_marked_and_short_enough(local: str, domain: str) -> None:
    claimed = f"{local}@{domain}".lower()
    email = unverified_emails.build_email(ISSUER, "carol-1", claimed)
    assert len(email) <= 254
    assert email != claimed
    if local.isprintable() and domain.isprintable():
        assert unverified_emails.read_claimed_email(email) is not None


def test_it_has_the_form_of_an_address() -> None:
    email = unverified_emails.build_email(ISSUER, "carol-1", CAROL)
    assert values.parse_email(email) == email


@pytest.mark.parametrize("email", [CAROL, "admin@sample.invalid", "carol@unverified.invalid", "a=b.c@example.com"])
def test_every_other_address_is_a_proven_one(email: str) -> None:
    assert unverified_emails.read_claimed_email(email) is None
