"""What the overview tells of mails that don't go out."""

from tests.support import running_site
from tests.support.signed_in import let_in


def test_mails_that_could_not_be_sent_are_told_with_the_reason(database: str) -> None:
    let_in(database)
    mail = {"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "slb@example.com"}
    with running_site.run_site(database, mail, base_url="https://backlog.example.com") as running:
        assert "Emails are going out." in running.get("/admin", "alice").text
        running.query(
            "INSERT INTO outgoing_mails (kind, recipient, params, expires_at, next_try_at, last_error, last_error_at)"
            " VALUES ('access_approved', 'bob@example.com', '{}', now() + interval '1 day', now() + interval '1 day',"
            " 'The mail server can''t be reached.', now())"
        )
        page = running.get("/admin", "alice").text
    assert "1 email is waiting,\n0 given up in the last week." in page
    assert "The mail server can&#39;t be reached." in page
    assert "bob@example.com" not in page
