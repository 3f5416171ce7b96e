"""Signing in by npm's oidc-provider, a certified implementation, set up as providers differ."""

import json
import re
import subprocess
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from tests.controllers.access.test_sign_in_oidc import BASE, CALLBACK, CAROL, begun, is_in, refusals
from tests.fakes.npm import install_packages
from tests.support import leaks, running_site
from tests.support.running_site import Site

pytestmark = pytest.mark.npm

PROGRAM = Path(__file__).parents[2] / "fakes" / "npm" / "oidc_provider.mjs"
SECRET = leaks.mark("0real+provider/secret%of:tests=0")
CLIENT = {"client_id": "backlog", "client_secret": SECRET, "redirect_uris": [f"{BASE}{CALLBACK}"]}
CLAIMS = {"email": CAROL, "email_verified": True, "name": "Carol", "groups": ["Field staff"]}
KEYS = {
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
    "PS256": RSAKey.generate_key(2048, {"kid": "pss", "use": "sig", "alg": "PS256"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "ed", "use": "sig"}),
}

Start = Callable[..., str]


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Path:
    return install_packages(tmp_path_factory, testrun_uid, "oidc-provider@9.13.3")


@contextmanager
def run_provider(modules: Path, client: Mapping[str, Any], path: str, **configuration: Any) -> Generator[str]:
    """Yield the issuer's address of a provider with one client."""
    used = {"RS256", client.get("id_token_signed_response_alg", "RS256")}
    setup: dict[str, Any] = {
        "claims": CLAIMS,
        "path": path,
        "configuration": {
            "clients": [{**CLIENT, **client}],
            "jwks": KeySet([KEYS[name] for name in sorted(used)]).as_dict(private=True),
            "scopes": ["openid", "email", "profile", "groups"],
            "claims": {"email": ["email", "email_verified"], "profile": ["name"], "groups": ["groups"]},
            "features": {"jwtUserinfo": {"enabled": True}},
            "enabledJWA": {"idTokenSigningAlgValues": list(KEYS), "userinfoSigningAlgValues": ["RS256", "ES256"]},
            **configuration,
        },
    }
    command = ["node", str(PROGRAM), str(modules), json.dumps(setup)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin
        assert process.stdout
        yield json.loads(process.stdout.readline())["issuer"]
        process.stdin.close()
        assert process.wait(10) == 0


@pytest.fixture
def start(modules: Path) -> Generator[Start]:
    """Return a function that starts a provider with one client, and returns its issuer's address."""
    with ExitStack() as running:

        def begin(client: Mapping[str, Any] | None = None, path: str = "", **configuration: Any) -> str:
            return running.enter_context(run_provider(modules, client or {}, path, **configuration))

        yield begin


def agree(url: str, subject: str = "carol-1") -> str:
    """Be the person who tells the provider a name and agrees; give where it sends the browser back to."""
    with httpx2.Client() as browser:
        answer = browser.get(url)
        while True:
            while answer.is_redirect:
                url = urljoin(str(answer.url), answer.headers["location"])
                if url.startswith(BASE):
                    return f"{urlsplit(url).path}?{urlsplit(url).query}"
                answer = browser.get(url)
            assert answer.status_code == 200, answer.text
            [action] = re.findall(r'action="([^"]*)"', answer.text)
            [prompt] = re.findall(r'name="prompt" value="([^"]*)"', answer.text)
            form = {"prompt": prompt, "login": subject, "password": "any"}
            answer = browser.post(urljoin(str(answer.url), action), data=form)


@contextmanager
def site_of(database: str, issuer: str, **more: str) -> Generator[Site]:
    given = {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": "backlog", "OIDC_CLIENT_SECRET": SECRET, **more}
    with running_site.run_site(database, given, base_url=BASE) as site:
        yield site


def signed_in(site: Site, subject: str = "carol-1") -> httpx2.Response:
    url, browser = begun(site)
    return site.ask("GET", agree(url, subject), browser=browser)


@pytest.mark.parametrize(
    ("client", "path", "configuration"),
    [
        pytest.param({}, "", {}, id="claims at userinfo alone"),
        pytest.param({}, "", {"conformIdTokenClaims": False}, id="claims in the token"),
        pytest.param({"token_endpoint_auth_method": "client_secret_post"}, "", {}, id="secret in the form"),
        pytest.param({"id_token_signed_response_alg": "ES256"}, "", {}, id="ES256"),
        pytest.param({"id_token_signed_response_alg": "PS256"}, "", {}, id="PS256"),
        pytest.param({"id_token_signed_response_alg": "EdDSA"}, "", {}, id="EdDSA"),
        pytest.param({"userinfo_signed_response_alg": "RS256"}, "", {}, id="userinfo signed"),
        pytest.param({}, "/realms/example", {}, id="an issuer with a path"),
        pytest.param({}, "", {"subjectTypes": ["pairwise"]}, id="a subject of this client alone"),
    ],
)
def test_a_new_person_comes_in_and_waits(
    database: str, start: Start, client: dict[str, Any], path: str, configuration: dict[str, Any]
) -> None:
    if "subjectTypes" in configuration:
        client |= {"subject_type": "pairwise"}
    with site_of(database, start(client, path, **configuration)) as site:
        assert is_in(signed_in(site))
        assert site.query("SELECT email, display_name, is_approved FROM users") == [(CAROL, "Carol", False)]
        assert is_in(signed_in(site))
        assert site.query("SELECT count(*) FROM users") == [(1,)]


def test_its_groups_lead_into_viewer_groups(database: str, start: Start) -> None:
    more = {"OIDC_SCOPES": "openid email profile groups", "OIDC_VIEWER_GROUPS": "Field staff=Suppliers"}
    with site_of(database, start(), **more) as site:
        site.query("INSERT INTO viewer_groups (name) VALUES ('Suppliers')")
        assert is_in(signed_in(site))
        assert site.query(
            "SELECT name FROM viewer_groups g JOIN viewer_group_members m ON m.viewer_group_id = g.id"
        ) == [("Suppliers",)]


def test_who_says_no_there_is_not_in(database: str, start: Start) -> None:
    with site_of(database, start()) as site, httpx2.Client(follow_redirects=True) as person:
        url, browser = begun(site)
        [abort] = re.findall(r'href="([^"]*/abort)"', person.get(url).text)
        answer = person.get(abort, follow_redirects=False)
        while not (back := answer.headers["location"]).startswith(BASE):
            answer = person.get(back, follow_redirects=False)
        assert not is_in(site.ask("GET", back.removeprefix(BASE), browser=browser))
        assert site.query("SELECT count(*) FROM users") == [(0,)]


def test_a_code_works_once(database: str, start: Start) -> None:
    with site_of(database, start()) as site:
        url, browser = begun(site)
        back = agree(url)
        assert is_in(site.ask("GET", back, browser=browser))
        assert not is_in(site.ask("GET", back, browser=browser))


def test_a_secret_that_it_does_not_know_lets_nobody_in(database: str, start: Start) -> None:
    other = leaks.mark("another+secret/of%the:tests=00000")
    with site_of(database, start(), OIDC_CLIENT_SECRET=other) as site:
        assert signed_in(site).status_code in {403, 502, 503}
        assert refusals(site)
