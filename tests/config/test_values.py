"""What a setting may say: each text is read, or refused by the rest of a sentence that shows no secret."""

from ipaddress import ip_network

import pytest

from shareable_backlog.config import Secret, parse_settings, values
from shareable_backlog.config.values import Parser
from shareable_backlog.errors import ConfigurationInvalid

PASSWORD = "hunter2"


def faults(**given: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationInvalid) as caught:
        parse_settings(given)
    return caught.value.faults


def refusal(parse: Parser, text: str) -> str:
    """Return the rest of the sentence by which a text is refused."""
    with pytest.raises(ValueError, match=r".") as caught:
        parse(text)
    return str(caught.value)


def test_a_secret_shows_as_asterisks_and_is_given_only_on_purpose() -> None:
    secret = Secret(PASSWORD)
    assert f"{secret} {secret!r} {[secret]}" == "********** ********** [**********]"
    assert secret.reveal() == PASSWORD


def test_secrets_are_the_same_when_their_texts_are() -> None:
    assert Secret("old") == Secret("old") != Secret("new")
    assert {Secret("old"), Secret("old")} == {Secret("old")}
    assert Secret("old") != "old"


def test_a_whole_number_may_be_each_of_its_limits_and_nothing_beyond() -> None:
    parse = values.build_whole_number_parser(1, 10)
    assert [parse(text) for text in ("1", "10")] == [1, 10]
    for text in ("0", "11", "2.0", "one", ""):
        assert refusal(parse, text) == "should be a whole number from 1 to 10"


def test_a_whole_number_may_have_no_upper_limit() -> None:
    parse = values.build_whole_number_parser(100)
    assert parse("100000000000") == 10**11
    assert refusal(parse, "99") == "should be a whole number of at least 100"


def test_a_number_is_finite_and_refused_by_the_words_for_its_range() -> None:
    parse = values.build_number_parser("above 0", lambda value: value > 0)
    assert parse("0.5") == 0.5
    for text in ("0", "-1", "nan", "inf", "half", ""):
        assert refusal(parse, text) == "should be a number above 0"


def test_a_word_is_read_in_any_case_and_by_its_aliases() -> None:
    parse = values.build_choice_parser("debug", "info", "error", aliases={"fatal": "error"})
    assert [parse(text) for text in ("debug", "INFO", "Fatal")] == ["debug", "info", "error"]
    assert refusal(parse, "loud") == "should be debug, info or error"


@pytest.mark.parametrize(
    "text", ["http://localhost:4000/graphql", "https://api.example.com", "https://[2001:db8::1]/"]
)
def test_a_web_address_stays_as_it_was_written(text: str) -> None:
    assert values.parse_url(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "api.example.com",
        "ftp://example.com",
        "https://",
        "https:///x",
        "https://#",
        "https://:80",
        "https://a b",
        "http://a:99999",
        "http://a:b",
        "",
    ],
)
def test_what_leads_to_no_host_by_http_is_no_web_address(text: str) -> None:
    assert refusal(values.parse_url, text) == "is not a web address, which begins with https:// or http://"


@pytest.mark.parametrize(
    "text",
    [
        "http://backlog.example.com",
        "http://backlog.example.com/path",
        "backlog.example.com",
        "https://a:b@example.com",
    ],
)
def test_an_address_that_people_cannot_safely_reach_is_refused(text: str) -> None:
    assert len(faults(BASE_URL=text)) == 1


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://Backlog.example.com/", "https://backlog.example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://backlog.example.com:443/", "https://backlog.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("https://backlog.example.com:80", "https://backlog.example.com:80"),
        ("https://backlog.example.com:8443", "https://backlog.example.com:8443"),
    ],
)
def test_the_own_address_is_a_scheme_and_a_host(text: str, address: str) -> None:
    assert parse_settings({"BASE_URL": text}).base_url == address


def test_a_refused_own_address_says_which_part_is_wrong() -> None:
    assert (
        refusal(values.parse_base_url, "http://example.com") == "should begin with https://, as people sign in there"
    )
    for rest in ("?q", "#part"):
        assert "the scheme and the host, like" in refusal(values.parse_base_url, f"https://example.com{rest}")


@pytest.mark.parametrize("text", ["https://id.example.com/realms/one/", "http://127.0.0.1:9000", "http://[::1]:9000"])
def test_an_identity_provider_is_named_as_it_names_itself(text: str) -> None:
    assert values.parse_https_url(text) == text


@pytest.mark.parametrize(
    ("text", "issuer"),
    [
        ("https://ID.Example.com/Realms/One", "https://id.example.com/Realms/One"),
        ("HTTPS://id.example.com", "https://id.example.com"),
        ("https://id.example.com:443/", "https://id.example.com/"),
        ("https://id.example.com:8443", "https://id.example.com:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        (" https://id.example.com/one/.well-known/openid-configuration ", "https://id.example.com/one"),
        ("https://id.example.com/one//.well-known/openid-configuration/", "https://id.example.com/one"),
        ("https://id.example.com/.well-known/oauth-authorization-server", "https://id.example.com"),
    ],
)
def test_an_identity_provider_is_found_by_what_people_paste(text: str, issuer: str) -> None:
    assert values.parse_issuer(text) == issuer


@pytest.mark.parametrize(
    "text", ["https://id.example.com?p=1", "https://id.example.com/#a", "https://bob:hunter2@id.example.com"]
)
def test_an_identity_provider_is_no_address_with_more_in_it(text: str) -> None:
    words = refusal(values.parse_issuer, text)
    assert (words, PASSWORD in words) == ("should be the issuer alone, like https://id.example.com", False)


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ("https://id.example.com/one", True),
        ("https://id.example.com/one/", True),
        ("https://ID.example.com:443/one", True),
        ("https://id.example.com/One", False),
        ("https://id.example.com/", False),
        ("https://id.example.com.evil.example.com/one", False),
        ("http://id.example.com/one", False),
        ("id.example.com/one", False),
        ("", False),
    ],
)
def test_a_last_slash_and_the_case_of_the_host_make_no_other_issuer(other: str, *, is_same: bool) -> None:
    assert values.is_same_issuer("https://id.example.com/one", other) is is_same
    assert values.is_same_issuer(other, "https://id.example.com/one/") is is_same


def test_an_identity_provider_elsewhere_must_speak_tls() -> None:
    assert refusal(values.parse_https_url, "http://id.example.com") == "should begin with https://"


@pytest.mark.parametrize("name", ["LINEAR_API_URL", "LINEAR_OAUTH_TOKEN_URL", "LINEAR_UPLOADS_URL"])
def test_linears_key_is_never_sent_in_the_clear_beyond_this_machine(name: str) -> None:
    for url in ("http://linear.example.com/x", "HTTP://192.0.2.7/x", "http://127.0.0.1@linear.example.com/x"):
        assert faults(**{name: url})[0].startswith(name)
    assert faults(**{name: "http://192.0.2.7/x"}) == (f"{name} should begin with https://",)
    assert parse_settings({name: "http://localhost:4000/x"})
    assert parse_settings({name: "https://linear.example.com/x"})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]"])
def test_this_machine_is_known_by_name_and_address(host: str) -> None:
    assert values.is_loopback(host)


@pytest.mark.parametrize("host", ["", "localhost.example.com", "192.0.2.1", "2001:db8::1", "0.0.0.0"])  # noqa: S104 (not one)
def test_no_other_host_is_taken_for_this_machine(host: str) -> None:
    assert not values.is_loopback(host)


@pytest.mark.parametrize("text", ["short", "x" * 64, "change-me-change-me", "0" * 31 + "1", "0123456789abcdef"])
def test_a_secret_key_that_could_be_guessed_is_refused_with_the_way_to_make_one(text: str) -> None:
    [fault] = faults(SECRET_KEY=text)
    assert "openssl rand -hex 32" in fault
    assert text not in fault


@pytest.mark.parametrize("text", ["0123456789abcdef" * 2, "0123456789" * 4])
def test_a_secret_key_of_32_characters_that_differ_is_enough(text: str) -> None:
    assert values.parse_secret_key(text) == Secret(text)


@pytest.mark.parametrize(
    "text", ["192.0.2.0/24,nonsense", "192.0.2.1/24", "192.0.2.0/33", "example.com", "192.0.2.0/24,,"]
)
def test_a_wrong_network_is_named(text: str) -> None:
    [fault] = faults(ALLOWED_NETWORKS=text)
    assert "which is not a network like" in fault


def test_networks_are_divided_by_commas_and_an_address_is_a_network_of_one() -> None:
    assert values.parse_networks("192.0.2.7, 2001:db8::/32") == (
        ip_network("192.0.2.7/32"),
        ip_network("2001:db8::/32"),
    )


def test_addresses_of_admins_are_compared_in_small_letters() -> None:
    assert parse_settings({"ADMIN_EMAILS": "Alice@Example.com, bob@example.com"}).admin_emails == (
        "alice@example.com",
        "bob@example.com",
    )


def test_one_wrong_mail_address_spoils_the_list() -> None:
    assert (
        refusal(values.parse_emails, "a@example.com,,b@example.com")
        == "should be an email address like person@example.com"
    )


def test_a_mail_address_has_at_most_254_characters() -> None:
    longest = "a" * 242 + "@example.com"
    assert values.parse_email(longest) == longest
    assert "should be an email address" in refusal(values.parse_email, f"a{longest}")


def test_names_are_divided_by_commas_and_may_hold_blanks() -> None:
    assert values.parse_names(" field staff , ,partners,") == ("field staff", "partners")


def test_a_providers_group_leads_to_the_group_after_the_last_equals_sign() -> None:
    assert values.parse_group_pairs("staff=Field staff, cn=x=Partners") == ("staff=Field staff", "cn=x=Partners")


@pytest.mark.parametrize("text", ["staff", "staff=", "=Field staff", "staff=Field staff,partners"])
def test_what_is_no_pair_of_groups_is_refused(text: str) -> None:
    assert "pairs like staff=Field staff" in refusal(values.parse_group_pairs, text)


@pytest.mark.parametrize("text", ["openid email roles", "email,roles", " email  roles openid"])
def test_what_a_provider_is_asked_for_always_holds_openid(text: str) -> None:
    assert values.parse_scopes(text) == ("openid", "email", "roles")


@pytest.mark.parametrize("text", ['openid "email"', "openid rôles", "openid a\\b", "openid a\x00"])
def test_what_can_be_no_scope_is_refused(text: str) -> None:
    assert "openid email groups" in refusal(values.parse_scopes, text)


def test_the_name_of_a_header_is_known_in_small_letters() -> None:
    assert values.parse_header_name("X-Forwarded-Email") == "x-forwarded-email"


@pytest.mark.parametrize("text", ["X_Auth_User", "X Auth", "X-Auth:"])
def test_a_header_whose_name_could_be_confused_is_refused(text: str) -> None:
    given = {"TRUSTED_PROXIES": "192.0.2.1", "BASE_URL": "https://backlog.example.com"}
    assert len(faults(AUTH_PROXY_HEADER=text, **given)) == 1


@pytest.mark.parametrize("text", ["smtp://mail.example.com", f"smtps://bob:{PASSWORD}@mail.example.com:465/"])
def test_a_mail_server_may_come_with_or_without_a_port_and_a_password(text: str) -> None:
    assert values.parse_smtp_url(text) == Secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://mail.example.com:0",
        "smtp://mail.example.com:x",
    ],
)
def test_a_wrong_mail_server_is_refused_without_showing_it(text: str) -> None:
    [fault] = faults(SMTP_URL=text, MAIL_FROM="a@example.com", BASE_URL="https://backlog.example.com")
    assert fault == "SMTP_URL should look like smtps://user:password@mail.example.com:465"


@pytest.mark.parametrize("sign", ["[", "]", "\u2100"])  # what Python's own refusal quotes, or says in its own words
@pytest.mark.parametrize(
    ("name", "scheme"),
    [("SMTP_URL", "smtps"), ("BASE_URL", "https"), ("OIDC_ISSUER", "https"), ("LINEAR_API_URL", "https")],
)
def test_an_address_that_python_can_not_take_apart_is_refused_in_our_words_without_its_password(
    name: str, scheme: str, sign: str
) -> None:
    given = {"MAIL_FROM": "a@example.com", "BASE_URL": "https://backlog.example.com"}
    oidc = {"OIDC_CLIENT_ID": "backlog", "OIDC_CLIENT_SECRET": "open-sesame"} if name == "OIDC_ISSUER" else {}
    [fault] = faults(**{**given, **oidc, name: f"{scheme}://bob:{PASSWORD}{sign}@example.com"})
    assert fault.startswith((f"{name} is not a web address", f"{name} should look like"))
    assert PASSWORD not in fault
