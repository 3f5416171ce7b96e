"""Every setting that is declared secret has a value, and all around the program says back what it hears."""

import base64
import hashlib
import typing
from collections.abc import Generator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx2
import pytest

from shareable_backlog.config import NAMES, SECRET_NAMES, Secret, Settings
from tests.fakes import oidc
from tests.fakes.echo import run_echo, run_mail_echo
from tests.fakes.oidc import Provider
from tests.fakes.postgres import DATABASE, PASSWORD, PORT, PrivateServer
from tests.support import leaks
from tests.support.database import lending
from tests.support.served import Served, run_serve, slb

VALUES = {
    "DATABASE_URL": PASSWORD,
    "SECRET_KEY": "key/of+the/house?0123456789&abcdef",
    "DATABASE_READ_URL": "word/of+the&standby?0123",
    "SECRET_KEYS": "newer/key+of/the/house?0123456789,older/key+of/the/house?0123456789",
    "LINEAR_API_KEY": "lin_api_/0the+key?0123456789",
    "LINEAR_OAUTH_CLIENT_SECRET": "lin_oauth_/0the+secret?0123456789",
    "LINEAR_WEBHOOK_SECRETS": "lin_wh_/0the+webhook?0123456789,lin_wh_/0the+older?0123456789",
    "SMTP_URL": "word/of+the&post?0123",
    "OIDC_CLIENT_SECRET": "word/of+the&provider?0123",
}
"""What each secret setting holds here, in characters that are escaped elsewhere; of an address its password."""
BASE_URL = "http://127.0.0.1:8000"
EITHER = (("SECRET_KEY", "LINEAR_API_KEY"), ("SECRET_KEYS", "LINEAR_OAUTH_CLIENT_SECRET"))
"""What excludes one another: a run has one or the other."""


COMMANDS = (
    "config",
    "doctor",
    "doctor --json",
    "doctor --deploy",
    "status",
    "sync",
    "migrate status",
    "audit verify",
    "users list",
    "database grants",
)


def test_a_setting_is_declared_secret_where_its_type_is() -> None:
    typed = {name for name, kind in typing.get_type_hints(Settings).items() if has_secret(kind)}
    declared = {name.removeprefix("SLB_").lower() for name in SECRET_NAMES}
    assert typed == declared, "A setting of the type Secret stands in SECRET_NAMES, and no other does."


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_every_secret_setting_is_hunted(name: str) -> None:
    assert name in VALUES, f"{name} is declared secret: give it a value in VALUES, so that the hunt looks for it."


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(SECRET_NAMES)))
def test_no_other_setting_sounds_like_a_secret(name: str) -> None:
    assert not name.endswith(("_KEY", "_SECRET", "_PASSWORD", "_TOKEN"))


def has_secret(kind: object) -> bool:
    return kind is Secret or any(map(has_secret, typing.get_args(kind)))


@pytest.fixture
def provider() -> Generator[Provider]:
    with oidc.run_provider() as provider:
        pair = f"backlog:{quote_plus(VALUES['OIDC_CLIENT_SECRET'])}".encode()
        said = f'{{"error": "{VALUES["OIDC_CLIENT_SECRET"]}: Basic {base64.b64encode(pair).decode()}"}}'
        provider.answers["/token"] = (401, {}, said.encode())
        yield provider


@pytest.fixture
def around(private_server: PrivateServer, provider: Provider) -> Generator[dict[str, str]]:
    """Yield settings that lead to ends that say back whatever they are told."""
    word = quote(VALUES["DATABASE_READ_URL"], safe="")  # which the server refuses
    with run_echo() as linear, run_mail_echo() as port:
        yield {
            "DATABASE_URL": private_server.url,
            "DATABASE_READ_URL": f"postgresql://reader:{word}@{private_server.host}:{PORT}/{DATABASE}",
            "LINEAR_API_URL": f"http://127.0.0.1:{linear}/graphql",
            "LINEAR_OAUTH_TOKEN_URL": f"http://127.0.0.1:{linear}/token",
            "LINEAR_WEBHOOK_SECRETS": VALUES["LINEAR_WEBHOOK_SECRETS"],
            "SMTP_URL": f"smtp://backlog:{quote(VALUES['SMTP_URL'], safe='')}@127.0.0.1:{port}",
            "MAIL_FROM": "backlog@example.com",
            "BASE_URL": BASE_URL,
            "ADMIN_EMAILS": "alice@example.com",
            "OIDC_ISSUER": provider.url,
            "OIDC_CLIENT_ID": "backlog",
            "OIDC_CLIENT_SECRET": VALUES["OIDC_CLIENT_SECRET"],
            "LOG_LEVEL": "debug",
            "SYNC_INTERVAL_S": "5",
        }


def test_the_runs_below_give_every_secret_setting_its_value() -> None:
    around = {"DATABASE_URL", "DATABASE_READ_URL", "LINEAR_WEBHOOK_SECRETS", "SMTP_URL", "OIDC_CLIENT_SECRET"}
    assert around.union(*EITHER) == set(SECRET_NAMES), "Give it in `around`, or in EITHER if it excludes another."


@pytest.mark.parametrize("either", EITHER)
def test_no_page_log_or_command_says_one_whatever_others_say(
    tmp_path: Path,
    private_server: PrivateServer,
    provider: Provider,
    around: dict[str, str],
    either: tuple[str, ...],
) -> None:
    own = {name: VALUES[name] for name in either}
    if "LINEAR_OAUTH_CLIENT_SECRET" in own:
        own["LINEAR_OAUTH_CLIENT_ID"] = "the-application"
    for name in SECRET_NAMES:
        leaks.mark_settings({name: VALUES[name]})
    settings = {"SECRET_KEY": "", **around, **own}
    with run_serve(tmp_path, enter=(), **settings) as program:
        ask_for_everything(program, provider)
        program.until_logged("sync_ended")
        program.until_logged("mail_put_off")
        assert "refused the user or password" in program.until_logged("standby_is_away")["reason"]
        private_server.restart("immediate")
        ask_for_everything(program, provider)
        refused = "linear.oauth_refused" if "LINEAR_OAUTH_CLIENT_ID" in own else "linear.query_refused"
        program.until_logged(refused)  # in Linear's own words
        program.stop()
    try_all_commands(tmp_path, settings)
    leaks.hunt_stored(lending.read_rows(private_server.url))


def ask_for_everything(program: Served, provider: Provider) -> None:
    """Ask in ways that lead to the database, Linear, the provider and the mail server."""
    for path in ("/", "/items/ENG-1", "/api/health", "/readyz", "/account", "/sign-in", "/nothing"):
        program.get(path)
        program.get(path, Accept="application/json")
    with httpx2.Client(base_url=program.address) as browser:
        browser.get("/sign-in")
        csrf = hashlib.sha256(b"csrf " + browser.cookies["slb_browser"].encode()).hexdigest()
        form = {"csrf": csrf, "email": "bob@example.com"}
        answers = [browser.post("/sign-in", data=form, headers={"Origin": BASE_URL})]
        answers.append(browser.get("/sign-in/oidc"))
        answers.append(browser.get(provider.consent(answers[-1].headers["location"])))
    assert [answer.status_code for answer in answers] == [303, 303, 403]
    for answer in answers:
        leaks.hunt(answer.text, "A page of signing in")


def try_all_commands(folder: Path, settings: Mapping[str, str]) -> None:
    for command in COMMANDS:
        slb(folder, *command.split(), **settings)
