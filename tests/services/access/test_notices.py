"""What is told by mail: wrong codes, of which ten a day and person are compared from wherever, admins, sharing."""

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query, transaction
from shareable_backlog.errors import SignInFailed
from shareable_backlog.services.access import (
    approvals,
    identities,
    open_links,
    sharing,
    sign_in,
    user_scopes,
    viewer_groups,
)
from shareable_backlog.services.access.approvals import Grant
from shareable_backlog.services.access.identities import ProvidedIdentity
from shareable_backlog.services.access.notices import announce_closed_codes
from shareable_backlog.services.access.sharing import EVERYTHING, NOTHING, SharedFields, SharingChoice, build_scope
from shareable_backlog.services.access.sign_in import ProxyUser, SignInConfig
from shareable_backlog.services.audit.audit_actions import OPERATOR, Actor
from shareable_backlog.services.mail.outbox import Outbox
from tests.support.signed_in import SECRET_KEY, let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

BASE_URL = "https://backlog.example.com"
ENTRANCE = SignInConfig(SECRET_KEY.encode(), BASE_URL, frozenset(), Outbox(is_set_up=True), is_open_in_log=False)
BOB, NOBODY, BROWSER = "bob@example.com", "nobody@example.com", "browser"


def mallory(number: int) -> Actor:
    """Return a stranger who comes from another network each time."""
    return Actor(None, None, f"2001:db8:0:{number:x}::1", "Firefox")


async def ask(email: str = BOB, number: int = 0, browser: str = BROWSER) -> tuple[str, str] | None:
    """Ask for a link and return its token and its code as the mail has them; None when none is sent."""
    [(before,)] = await query("SELECT count(*) FROM outgoing_mails")
    await sign_in.send_link(ENTRANCE, email, browser, "/", mallory(number))
    found = await query("SELECT params FROM outgoing_mails WHERE kind = 'sign_in' ORDER BY id")
    if len(found) == before:
        return None
    written = await sign_in.find_url_and_code(ENTRANCE, found[-1][0])
    return written and (written[0].rpartition("/")[2], written[1])


async def guess(code: str, number: int = 0) -> str:
    """Type a wrong code and return what is answered."""
    wrong = f"{(int(code or 0) + 1 + number) % 1_000_000:06}"
    with pytest.raises(SignInFailed) as refused:
        await sign_in.redeem_code(ENTRANCE, BROWSER, wrong, mallory(number))
    return str(refused.value)


async def guess_without_end(email: str) -> list[str]:
    """Guess for a day, a new network each time, and return what each guess was answered."""
    answers: list[str] = []
    for quarter in range(30):
        for asked in range(5):
            code = (await ask(email, quarter * 100 + asked) or ("", ""))[1]
            answers += [await guess(code, quarter * 100 + number) for number in range(7)]
        await query(
            "UPDATE sign_in_links SET asked_at = ARRAY(SELECT at - interval '15 minutes' FROM unnest(asked_at) at)"
        )
    return answers


@pytest.mark.slow
@pytest.mark.parametrize("email", [BOB, NOBODY])
async def test_ten_guesses_a_day_are_compared_and_no_more_whoever_is_guessed_at(database: str, email: str) -> None:
    let_in(database)
    answers = await guess_without_end(email)
    assert len(answers) == 1050
    assert sum("isn't the code" in answer for answer in answers) == 10
    assert await query("SELECT cardinality(wrong_at) FROM sign_in_links") == [(10,)]


@pytest.mark.slow
async def test_known_and_unknown_addresses_are_answered_alike(database: str) -> None:
    let_in(database)
    assert await guess_without_end(BOB) == await guess_without_end(NOBODY)


async def test_after_ten_wrong_codes_the_mail_has_none_and_its_link_works(database: str) -> None:
    let_in(database)
    for _ in range(2):
        token, code = await ask() or ("", "")
        for number in range(5):
            assert "isn't the code" in await guess(code, number)
    token, code = await ask() or ("", "")
    assert (len(token), code) == (64, "")
    assert await open_links.read_code_state(BROWSER) == "closed"
    for way in ("000000", ""):
        assert "Too many wrong codes" in await guess(way)
    link = await open_links.read_link(token, "another")
    assert (link.email, link.needs_code, link.has_code) == (BOB, True, False)
    assert (await sign_in.redeem_link(ENTRANCE, token, BROWSER, "", mallory(1))).next_path == "/"


async def test_the_right_code_of_a_mail_sent_before_is_worthless_too(database: str) -> None:
    let_in(database)
    token, code = await ask() or ("", "")
    await query("UPDATE sign_in_links SET codes_closed_until = now() + interval '1 day'")
    with pytest.raises(SignInFailed, match="Too many wrong codes"):
        await sign_in.redeem_code(ENTRANCE, BROWSER, code, mallory(1))
    with pytest.raises(SignInFailed, match="Too many wrong codes"):
        await sign_in.redeem_link(ENTRANCE, token, "another", code, mallory(1))


async def test_a_day_later_codes_work_again(database: str) -> None:
    let_in(database)
    await ask()
    await query("UPDATE sign_in_links SET codes_closed_until = now(), wrong_at = ARRAY[now() - interval '1 day']")
    _, code = await ask() or ("", "")
    await sign_in.redeem_code(ENTRANCE, BROWSER, code, mallory(1))


async def test_wrong_codes_of_yesterday_count_no_more_and_those_of_today_do(database: str) -> None:
    let_in(database)
    _, code = await ask() or ("", "")
    await query("UPDATE sign_in_links SET wrong_at = array_fill(now() - interval '23 hours 59 minutes', ARRAY[9])")
    await guess(code)
    assert await open_links.read_code_state(BROWSER) == "closed"
    await query(
        "UPDATE sign_in_links SET codes_closed_until = NULL,"
        " wrong_at = array_fill(now() - interval '24 hours 1 minute', ARRAY[9])"
    )
    await guess(code)
    assert await open_links.read_code_state(BROWSER) == "open"


@pytest.mark.slow
async def test_person_and_admins_are_told_once_however_long_it_goes_on(database: str) -> None:
    let_in(database)
    await guess_without_end(BOB)
    told = await query(
        "SELECT kind, recipient FROM outgoing_mails WHERE kind <> 'sign_in' ORDER BY id",
    )
    assert told == [("codes_closed", BOB), ("codes_closed_admin", "alice@example.com")]
    assert await query("SELECT count(*) FROM audit_logs WHERE action = 'codes.closed'") == [(1,)]


async def test_a_person_gets_twenty_mails_a_day_and_the_next_as_the_first_are_a_day_old(database: str) -> None:
    let_in(database)
    sent: list[bool] = []
    for hour in range(30):
        sent.append(await ask(number=hour) is not None)
        await query(
            "UPDATE sign_in_links SET asked_at = ARRAY(SELECT at - interval '1 hour' FROM unnest(asked_at) at)"
        )
    assert sent == [True] * 20 + [False] * 4 + [True] * 6


async def test_newcomers_get_ten_mails_in_a_quarter_of_an_hour_and_people_as_ever(database: str) -> None:
    let_in(database)
    sent = [await ask(f"p{number}@example.com", number) is not None for number in range(12)]
    assert sent == [True] * 10 + [False] * 2
    assert await ask(BOB, 13) is not None
    assert await ask("p3@example.com", 14) is not None, "who has got one may have another"
    await query("UPDATE sign_in_links SET created_at = created_at - interval '15 minutes'")
    assert await ask("p11@example.com", 15) is not None


async def test_who_has_come_in_makes_room_for_another_newcomer(database: str) -> None:
    let_in(database)
    tokens = [await ask(f"p{number}@example.com", number, f"browser-{number}") for number in range(10)]
    assert await ask("late@example.com", 11) is None
    first = tokens[0]
    assert first
    await sign_in.redeem_link(ENTRANCE, first[0], "browser-0", "", mallory(0))
    assert await ask("late@example.com", 12) is not None


async def announce(email: str) -> list[tuple[str, str]]:
    async with transaction() as tx:
        await announce_closed_codes(tx, Outbox(is_set_up=True), email, mallory(0))
    return [(kind, to) for kind, to in await query("SELECT kind, recipient FROM outgoing_mails ORDER BY id")]


async def test_a_person_and_the_admins_are_told_and_it_is_on_record_as_theirs(database: str) -> None:
    bob = let_in(database)["bob"]
    assert await announce("bob@example.com") == [
        ("codes_closed", "bob@example.com"),
        ("codes_closed_admin", "alice@example.com"),
    ]
    assert await query("SELECT action, resource_id, ip_address, outcome FROM audit_logs") == [
        ("codes.closed", str(bob), "2001:db8:0:0::1", "refused")
    ]


async def test_an_admin_is_told_once_of_their_own(database: str) -> None:
    let_in(database)
    assert await announce("alice@example.com") == [("codes_closed", "alice@example.com")]


@pytest.mark.parametrize("name", ["nobody", "dora", "edgar"])
async def test_who_can_not_sign_in_anyway_gets_no_mail_and_is_on_record(database: str, name: str) -> None:
    let_in(database, "alice", "dora", "edgar")
    assert await announce(f"{name}@example.com") == []
    assert await query("SELECT details ->> 'email' FROM audit_logs") == [(f"{name}@example.com",)]


@pytest.mark.parametrize(
    ("act", "by"),
    [
        ("promote", "alice@example.com"),
        ("create", "the operator"),
        ("setting", "the setting ADMIN_EMAILS"),
        ("group", "the identity provider"),
    ],
)
async def test_a_new_admin_and_all_others_are_told_whoever_made_them_one(database: str, act: str, by: str) -> None:
    ids = let_in(database, "alice", "bob")
    outbox = Outbox(is_set_up=True)
    alice = Actor(ids["alice"], "alice@example.com", None, None)
    email = "bob@example.com"
    if act == "promote":
        await approvals.carry_out_decision(outbox, alice, [ids["bob"]], "promote")
    elif act == "create":
        email = "frank@example.com"
        await approvals.create_person(OPERATOR, email, scope=None, is_admin=True, outbox=outbox)
    elif act == "setting":
        email = "frank@example.com"
        entrance = replace(ENTRANCE, admin_emails=frozenset({email}))
        await sign_in.accept_proxy_user(entrance, ProxyUser(email), mallory(0))
    else:
        email = "frank@example.com"
        frank = ProvidedIdentity(
            issuer="https://id.example.com", subject="1", email=email, is_email_verified=True, name=None
        )
        await identities.accept_identity(ENTRANCE, frank, is_admin=True, next_path="/", actor=mallory(0))
    told = await query(
        "SELECT recipient, params ->> 'email', params ->> 'by' FROM outgoing_mails"
        " WHERE kind = 'admin_made' ORDER BY recipient"
    )
    others = [] if by == "alice@example.com" else ["alice@example.com"]
    assert told == [(one, email, by) for one in sorted([*others, email])]


OUTBOX = Outbox(is_set_up=True)
ALL_FIELDS = SharedFields(
    descriptions=True, comments=True, assignees=True, estimates=True, attachments=True, updates=True
)
EXEC = SharingChoice("team", "team-exec", is_shown=True)
OPS = SharingChoice("team", "team-ops", is_shown=True)
NO_OPS = replace(OPS, is_shown=False)


async def change_sharing(act: str, alice: Actor, ids: dict[str, int]) -> None:
    """Widen what somebody sees in one of the ways that there are."""
    version = (await sharing.read_settings()).version
    if act == "settings":
        await sharing.save_settings(alice, version, ALL_FIELDS, [EXEC, OPS], OUTBOX)
    elif act == "newcomers":
        await user_scopes.save_newcomer_scope(alice, version, EVERYTHING, OUTBOX)
    elif act == "newcomers' group":
        group_id = await viewer_groups.create_group(alice, "Partners")
        await user_scopes.save_newcomer_scope(alice, version, build_scope([group_id]), OUTBOX)
    elif act == "group":
        group_id = await viewer_groups.create_group(alice, "Partners")
        await viewer_groups.update_rules(alice, group_id, [OPS], OUTBOX)
    elif act == "approve":
        await approvals.carry_out_decision(OUTBOX, alice, [ids["carol"]], "approve", grant=Grant(EVERYTHING))
    elif act == "add":
        await approvals.create_person(alice, "frank@example.com", scope=EVERYTHING, outbox=OUTBOX)
    elif act == "person":
        await approvals.update_person(
            alice, ids["erin"], display_name=None, access_until=None, scope=EVERYTHING, outbox=OUTBOX
        )
    else:
        await user_scopes.save_scope(alice, [ids["erin"]], EVERYTHING, OUTBOX)


async def list_widened() -> list[tuple[str, str, list[str]]]:
    """Return to whom it was mailed, who did it, and what is new."""
    return [
        (recipient, params["by"], params["widened"])
        for recipient, params in await query(
            "SELECT recipient, params FROM outgoing_mails WHERE kind = 'sharing_widened' ORDER BY recipient"
        )
    ]


@pytest.mark.parametrize(
    ("act", "widened"),
    [
        ("settings", ["comments of items", "team “Executives”, which is private in Linear", "team “Operations”"]),
        ("newcomers", ["newcomers see everything that is shown, once approved"]),
        ("newcomers' group", ["newcomers see what group “Partners” sees, once approved"]),
        ("group", ["group “Partners” sees team “Operations”"]),
        ("approve", ["carol@example.com sees everything that is shown"]),
        ("add", ["frank@example.com sees everything that is shown"]),
        ("person", ["erin@example.com sees everything that is shown"]),
        ("operator", ["erin@example.com sees everything that is shown"]),
    ],
)
async def test_all_admins_are_told_who_widened_what(database: str, act: str, widened: list[str]) -> None:
    ids = let_in(database, "alice", "carol", "erin")
    await query("INSERT INTO users (email, is_admin, is_approved) VALUES ('grace@example.com', true, true)")
    await query(
        "INSERT INTO teams (id, name, key, private, created_at, updated_at) VALUES"
        " ('team-exec', 'Executives', 'EXE', true, now(), now()),"
        " ('team-ops', 'Operations', 'OPS', false, now(), now())"
    )
    await sharing.save_settings(OPERATOR, 1, replace(ALL_FIELDS, comments=False), [NO_OPS])
    alice = Actor(ids["alice"], "alice@example.com", None, None)
    await change_sharing(act, OPERATOR if act == "operator" else alice, ids)
    by = "the operator" if act == "operator" else "alice@example.com"
    assert await list_widened() == [(one, by, widened) for one in ("alice@example.com", "grace@example.com")]


async def test_nobody_is_told_of_what_was_so_before_or_is_narrower(database: str) -> None:
    ids = let_in(database, "alice", "bob", "carol")
    await query(
        "INSERT INTO teams (id, name, key, private, created_at, updated_at)"
        " VALUES ('team-ops', 'Operations', 'OPS', false, now(), now())"
    )
    await sharing.save_settings(OPERATOR, 1, replace(ALL_FIELDS, comments=False), [OPS], OUTBOX)
    await sharing.save_settings(OPERATOR, 2, replace(ALL_FIELDS, comments=False), [NO_OPS], OUTBOX)
    await user_scopes.save_newcomer_scope(OPERATOR, 3, NOTHING, OUTBOX)
    group_id = await viewer_groups.create_group(OPERATOR, "Partners")
    await viewer_groups.update_rules(OPERATOR, group_id, [OPS])
    await viewer_groups.update_rules(OPERATOR, group_id, [OPS], OUTBOX)
    await viewer_groups.update_rules(OPERATOR, group_id, [NO_OPS], OUTBOX)
    await user_scopes.save_scope(OPERATOR, [ids["bob"]], EVERYTHING, OUTBOX)
    await user_scopes.save_scope(OPERATOR, [ids["bob"]], NOTHING, OUTBOX)
    grant = Grant(build_scope([group_id]))
    await approvals.carry_out_decision(OUTBOX, OPERATOR, [ids["carol"]], "approve", grant=grant)
    assert await list_widened() == []
