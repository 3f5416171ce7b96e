import httpx2
import pytest

from tests.fakes.linear import FakeLinear, Fault
from tests.fakes.linear.asking import NO_TLS, post

VIEWER = "{ viewer { name } }"
PNG = b"\x89PNG\r\n\x1a\n and more"


def asked_for_token(fake: FakeLinear, **changed: str) -> httpx2.Response:
    form = {"grant_type": "client_credentials", "client_id": fake.client_id, "client_secret": fake.client_secret}
    return httpx2.post(fake.token_url, data=form | {"scope": "read"} | changed, verify=NO_TLS)


def bearer(answer: httpx2.Response) -> str:
    return f"Bearer {answer.json()['access_token']}"


def got(address: str, **headers: str) -> httpx2.Response:
    return httpx2.get(address, headers=headers, verify=NO_TLS)


def test_an_application_gets_a_token_that_is_let_in(fake: FakeLinear) -> None:
    fake.expires_in = 300
    given = asked_for_token(fake)
    assert given.json() == {
        "access_token": given.json()["access_token"],
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "read",
    }
    assert given.json()["access_token"].startswith("lin_oauth_")
    assert post(fake, VIEWER, key=bearer(given)).status_code == 200
    assert fake.token_requests == 1


def test_a_token_ends_by_the_clock_of_the_world(fake: FakeLinear) -> None:
    fake.expires_in = 300
    token = bearer(asked_for_token(fake))
    fake.world.pass_time(299)
    assert post(fake, VIEWER, key=token).status_code == 200
    fake.world.pass_time(1)
    assert post(fake, VIEWER, key=token).status_code == 401


def test_revoked_tokens_are_not_let_in(fake: FakeLinear) -> None:
    token = bearer(asked_for_token(fake))
    fake.revoke_tokens()
    assert post(fake, VIEWER, key=token).status_code == 401
    assert post(fake, VIEWER, key=f"Bearer {fake.oauth_token}").status_code == 401
    assert post(fake, VIEWER, key=bearer(asked_for_token(fake))).status_code == 200


def test_a_wrong_secret_gets_no_token(fake: FakeLinear) -> None:
    answer = asked_for_token(fake, client_secret="wrong")
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert asked_for_token(fake, grant_type="password").json() == {"error": "unsupported_grant_type"}


def test_a_file_is_for_those_who_show_a_key(fake: FakeLinear) -> None:
    address = fake.add_upload("one/two.png", PNG)
    assert address == f"{fake.uploads_url}/one/two.png"
    assert got(address).status_code == 401
    answer = got(address, Authorization=fake.key)
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert got(f"{fake.uploads_url}/other", Authorization=fake.key).status_code == 404
    assert [request.headers.get("authorization") for request in fake.requests] == [None, fake.key, fake.key]


def test_files_can_go_wrong_too(fake: FakeLinear) -> None:
    address = fake.add_upload("one.png", PNG)
    for fault in (Fault.REDIRECT, Fault.SCRIPT, Fault.WRONG_TYPE, Fault.PARTIAL):
        fake.fail_next(fault)
    redirect, script, page, whole = (got(address, Authorization=fake.key) for _ in range(4))
    assert (redirect.status_code, redirect.headers["location"]) == (302, "/elsewhere")
    assert (script.headers["content-type"], b"<script>" in script.content) == ("image/svg+xml", True)
    assert (page.headers["content-type"], page.content) == ("text/html", PNG)
    assert whole.content == PNG


def test_a_file_can_have_no_end(fake: FakeLinear) -> None:
    address = fake.add_upload("one.png", PNG)
    fake.fail_next(Fault.ENDLESS)
    size = 0
    with httpx2.stream("GET", address, headers={"Authorization": fake.key}, verify=NO_TLS) as answer:
        assert answer.headers["content-type"] == "image/png"
        for chunk in answer.iter_raw():
            size += len(chunk)
            if size > 2**20:
                break
    assert size > 2**20


@pytest.mark.parametrize("fault", [Fault.PLAIN_429, Fault.BAD_GATEWAY, Fault.INTERNAL_ERROR, Fault.RATELIMITED])
def test_faults_are_dated_as_well(fake: FakeLinear, fault: Fault) -> None:
    fake.fail_next(fault)
    assert post(fake, VIEWER).headers["date"] == "Thu, 01 Jan 2026 00:00:01 GMT"


def test_only_queries_use_the_budget_up(fake: FakeLinear) -> None:
    asked_for_token(fake)
    got(fake.add_upload("one.png", PNG), Authorization=fake.key)
    assert post(fake, VIEWER).headers["x-ratelimit-requests-remaining"] == "2499"
