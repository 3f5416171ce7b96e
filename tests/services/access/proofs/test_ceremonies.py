"""What browsers answer is verified by the specification's rules, at the one origin that is ours."""

import pytest

from shareable_backlog.services.access.proofs import ceremonies
from shareable_backlog.services.access.proofs.ceremonies import AnswerRefused, RelyingParty, find_relying_party
from tests.fakes.authenticator import Authenticator

PARTY = RelyingParty("backlog.example.com", "https://backlog.example.com")
CHALLENGE = bytes(32)


@pytest.mark.parametrize(
    ("base_url", "party"),
    [
        ("https://backlog.example.com", PARTY),
        ("https://Backlog.example.com/backlog/", PARTY),
        ("https://example.com:8443/x", RelyingParty("example.com", "https://example.com:8443")),
        ("http://localhost:8000", RelyingParty("localhost", "http://localhost:8000")),
        ("http://backlog.localhost", RelyingParty("backlog.localhost", "http://backlog.localhost")),
        ("http://127.0.0.1:8000", None),
        ("https://192.0.2.1", None),
        ("https://[2001:db8::1]:8443", None),
        ("http://backlog.example.com", None),
        ("http://notlocalhost", None),
    ],
)
def test_browsers_have_passkeys_by_a_name_with_tls_or_on_this_machine(
    base_url: str, party: RelyingParty | None
) -> None:
    assert find_relying_party(base_url) == party


def make_passkey() -> tuple[Authenticator, ceremonies.NewPasskey]:
    passkey = Authenticator(PARTY.origin, PARTY.id)
    options = ceremonies.build_creation_options(
        PARTY, CHALLENGE, user_handle=b"handle", email="bob@example.com", known_ids=[b"known"]
    )
    return passkey, ceremonies.verify_registration(PARTY, CHALLENGE, passkey.create(options))


def test_a_passkey_that_was_made_here_is_verified_when_it_answers() -> None:
    passkey, new = make_passkey()
    assert (new.credential_id, new.sign_count) == (passkey.credential_id, 0)
    passkey.count = 7
    answer = passkey.get(ceremonies.build_request_options(PARTY, CHALLENGE))
    assertion = ceremonies.parse_assertion(answer)
    assert (assertion.credential_id, assertion.user_handle, assertion.sign_count) == (new.credential_id, b"handle", 7)
    ceremonies.verify_assertion(PARTY, CHALLENGE, assertion, new.credential)


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
def test_any_part_that_is_another_is_refused(part: str) -> None:
    passkey, new = make_passkey()
    asked = ceremonies.build_request_options(PARTY, CHALLENGE)
    other = Authenticator(PARTY.origin, PARTY.id)
    for changed in (b"", b"{}", bytes(200)):
        with pytest.raises(AnswerRefused):  # noqa: PT012 (it may be refused as soon as it is read)
            assertion = ceremonies.parse_assertion(passkey.get(asked, **{part: changed}))
            ceremonies.verify_assertion(PARTY, CHALLENGE, assertion, new.credential)
    other.credential_id = passkey.credential_id
    with pytest.raises(AnswerRefused, match="Invalid signature"):
        ceremonies.verify_assertion(PARTY, CHALLENGE, ceremonies.parse_assertion(other.get(asked)), new.credential)


def test_an_answer_of_one_kind_is_none_of_the_other() -> None:
    passkey, new = make_passkey()
    asked = ceremonies.build_request_options(PARTY, CHALLENGE)
    with pytest.raises(AnswerRefused, match="unreadable"):
        ceremonies.verify_registration(PARTY, CHALLENGE, passkey.get(asked))
    assertion = ceremonies.parse_assertion(passkey.get(asked))
    with pytest.raises(AnswerRefused, match="Wrong challenge"):
        ceremonies.verify_assertion(PARTY, bytes([1]) * 32, assertion, new.credential)
