"""The hunt for secrets finds what leaks on purpose, and leaves alone what is where it belongs."""

import base64
import secrets
from urllib.parse import quote

import httpx2
import psycopg
import pytest

from shareable_backlog.config import Secret
from shareable_backlog.services.audit.seal_hashes import derive_keys
from tests.support import leaks
from tests.support.database import lending
from tests.support.signed_in import SECRET_KEY, token

SESAME = "open/sesame ü&1?'\\\""


@pytest.mark.parametrize(
    "said",
    [
        SESAME,
        quote(SESAME),
        quote(SESAME, safe=""),
        quote(quote(SESAME, safe=""), safe=""),
        repr(SESAME),
        repr(SESAME.encode()),
        SESAME.encode().hex(),
        "open/sesame ü&amp;1?&#x27;\\&quot;",
        *(base64.b64encode(f"{user}:{SESAME} and more".encode()).decode() for user in ("al", "ali", "alic")),
        base64.urlsafe_b64encode(f"{SESAME}?".encode()).decode(),
    ],
)
def test_a_secret_is_found_in_every_form(said: str) -> None:
    leaks.mark(SESAME)
    with pytest.raises(AssertionError, match="The page gives a secret away"):
        leaks.hunt(f"begin {said} end", "The page")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"LINEAR_WEBHOOK_SECRETS": "lin_wh_first0123456789, lin_wh_second0123456789"}, "lin_wh_second0123456789"),
        ({"SMTP_URL": "smtps://backlog:word-of-post@mail.example.com"}, "word-of-post"),
        ({"DATABASE_URL": "postgresql://backlog:word%23of-base@db.example.com/x"}, "word#of-base"),
    ],
)
def test_what_a_test_sets_as_a_secret_is_hunted(setting: dict[str, str], said: str) -> None:
    leaks.mark_settings(setting)
    assert leaks.find(f"begin {said} end", "The page")


def test_what_is_drawn_is_hunted_and_what_only_names_something_is_not() -> None:
    assert leaks.find(f"a session {secrets.token_urlsafe(32)}", "The page")
    assert leaks.find(f"a key {secrets.token_hex(32)}", "The page")
    assert leaks.find(f"an incident {secrets.token_hex(4)}", "The page") is None


def test_the_key_of_the_seals_is_hunted() -> None:
    [key] = derive_keys([Secret(SECRET_KEY)]).values()
    assert leaks.find(f"sealed by {key.hex()}", "The page")
    assert leaks.find(f"sealed by {base64.b64encode(key).decode()}", "The page")


def test_a_cookie_is_no_leak_where_it_is_set_and_one_anywhere_else() -> None:
    cookie = "a-cookie-0123456789abcdef"
    setting = httpx2.Response(200, headers={"set-cookie": f"slb_session={cookie}; HttpOnly"})
    leaks.hunt_answer("POST", "/sign-in/code", "", setting)
    with pytest.raises(AssertionError, match="The answer to GET / gives a secret away"):
        leaks.hunt_answer("GET", "/", "", httpx2.Response(200, text=f"<p>{cookie}</p>"))


def test_a_page_says_back_what_its_form_sent_and_no_cookie() -> None:
    drawn = secrets.token_urlsafe(32)
    leaks.hunt_answer("GET", f"/sign-in/link?token={drawn}", "", httpx2.Response(200, text=drawn))
    with pytest.raises(AssertionError, match="gives a secret away"):
        leaks.hunt_answer("GET", "/", f"csrf={drawn}", httpx2.Response(200, text=token("bob")))


def test_a_link_belongs_into_a_mail_and_no_other_secret_does() -> None:
    drawn = secrets.token_hex(32)
    leaks.hunt_mail(f"Open https://backlog.example.com/sign-in/link/{drawn} within ten minutes.")
    with pytest.raises(AssertionError, match="A mail gives a secret away"):
        leaks.hunt_mail(f"Your session is {drawn}.")


@pytest.mark.parametrize(
    "leaking",
    [
        "INSERT INTO users (email, display_name) VALUES ('mallory@example.com', %s)",
        "INSERT INTO viewer_groups (name) VALUES (%s)",
        "INSERT INTO outgoing_mails (kind, recipient, params, expires_at) VALUES ('', '', to_jsonb(%s::text), now())",
    ],
)
def test_a_secret_in_any_column_is_found(database: str, leaking: str) -> None:
    said = f"said {token('dora')}"
    with psycopg.connect(database) as connection:
        connection.execute(leaking.encode(), [said])
    with pytest.raises(AssertionError, match=r"The table \w+ gives a secret away"):
        leaks.hunt_stored(lending.read_rows(database))
    with psycopg.connect(database) as connection:
        for table in ("outgoing_mails", "viewer_groups", "users"):
            connection.execute(f"DELETE FROM {table}".encode())
