"""Inviting people in the whole program."""

from collections.abc import Generator

import pytest
from httpx2 import Response

from tests.support import running_site
from tests.support.running_site import ADDRESS, Site
from tests.support.signed_in import csrf, let_in, token

SMTP = {"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "backlog@example.com", "BASE_URL": ADDRESS}


@pytest.fixture
def site(database: str) -> Generator[Site]:
    """Yield the program with a mail server that is away; alice is an admin, bob a viewer."""
    let_in(database)
    with running_site.run_site(database, SMTP) as site:
        yield site


def upload(site: Site, persona: str, csv: bytes, **fields: str) -> Response:
    """Post the form with a file, as a browser does."""
    sent = {"csrf": csrf(persona), "sees": "nothing", **fields}
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in sent.items()]
    parts.append(b'name="csv"; filename="people.csv"\r\n\r\n' + csv)
    body = b"".join(b"--edge\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
    site.client.cookies.clear()
    return site.client.post(
        "/admin/invitations",
        content=body + b"--edge--\r\n",
        headers={
            "content-type": "multipart/form-data; boundary=edge",
            "cookie": f"slb_session={token(persona)}",
            "origin": ADDRESS,
        },
        follow_redirects=False,
    )


def test_many_are_invited_at_once_and_stand_there_until_they_come(site: Site) -> None:
    assert "/admin/invitations" in site.get("/admin/people", "alice").text
    page = site.post(
        "/admin/invitations", "alice", emails="dan@example.com; bob@example.com", sees="nothing", note="Hi"
    ).text
    assert "1 person is invited" in page
    assert "known already: bob@example.com" in page
    assert upload(site, "alice", b"Name,Email\nEve,eve@example.com\n").status_code == 200
    page = site.get("/admin/invitations", "alice").text
    assert "dan@example.com</a>" in page
    assert "eve@example.com</a>" in page
    site.query("UPDATE users SET last_access_at = now() WHERE email = 'dan@example.com'")
    assert "dan@example.com</a>" not in site.get("/admin/invitations", "alice").text
    assert "invited" in site.get("/admin/audit", "alice").text


def test_a_file_is_kept_while_the_admin_signs_in_again(site: Site) -> None:
    site.query("UPDATE sessions SET created_at = now() - interval '11 minutes'")
    answer = upload(site, "alice", b"eve@example.com")
    assert answer.status_code == 303
    held = answer.headers["location"]
    assert held.startswith("/sign-in/again/")
    [(fields,)] = site.query("SELECT fields::text FROM held_forms")
    assert "csv=eve%40example.com" in fields


def test_one_is_withdrawn_or_sent_again(site: Site) -> None:
    site.post("/admin/invitations", "alice", emails="dan@example.com", sees="nothing")
    [(id_,)] = site.query("SELECT id FROM invitations")
    assert site.post(f"/admin/invitations/{id_}/again", "alice").status_code == 409
    site.query("UPDATE invitations SET sent_at = now() - interval '1 hour'")
    answer = site.post(f"/admin/invitations/{id_}/again", "alice")
    assert "sent again" in site.get(answer.headers["location"], "alice").text
    answer = site.post(f"/admin/invitations/{id_}/withdraw", "alice")
    assert "withdrawn" in site.get(answer.headers["location"], "alice").text
    assert site.query("SELECT count(*) FROM users WHERE email = 'dan@example.com'") == [(0,)]


def test_only_admins_invite(site: Site) -> None:
    assert site.get("/admin/invitations", "bob").status_code == 403
    assert site.post("/admin/invitations", "bob", emails="dan@example.com", sees="nothing").status_code == 403
    assert site.query("SELECT count(*) FROM invitations") == [(0,)]


def test_without_a_mail_server_the_page_says_that_nobody_is_told(database: str) -> None:
    let_in(database)
    with running_site.run_site(database) as site:
        assert "nobody tells them" in site.get("/admin/invitations", "alice").text
