"""An address that looks like another one's is told apart, however it is written."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.services.access.lookalikes import Lookalike, compute_skeleton, find_lookalikes, format_ascii
from tests.support.signed_in import let_in

ALICE = "alice@example.com"
CYRILLIC_A = "\u0430"

TWINS = [
    f"alice@ex{CYRILLIC_A}mple.com",
    f"{CYRILLIC_A}lice@example.com",
    "alice@xn--exmple-4nf.com",
    "ALICE@XN--EXMPLE-4NF.COM",
    "alic\u03b5@example.com",
    "alice@ex\u0430m\u0440l\u0435.\u0441\u043em",
    "\uff41lice@example.com",
    "al\u200bice@example.com",
    "alice\u0301@example.com",
    "alic\u00e9@example.com",
    "al\u0131ce@example.com",
    "\U0001d41alice@example.com",
    "alice@example\u3002com",
    "a1ice@example.com",
    "alice@exarnple.com",
    "alice@examp1e.c0m",
]


@pytest.mark.parametrize("email", TWINS)
def test_what_looks_the_same_has_the_same_skeleton(email: str) -> None:
    assert compute_skeleton(email) == compute_skeleton(ALICE)


@pytest.mark.parametrize(
    "email", ["bob@example.com", "alice@example.org", "alic@example.com", "m\u00fcller@example.com", "xn--@xn--"]
)
def test_what_looks_another_has_another(email: str) -> None:
    assert compute_skeleton(email) != compute_skeleton(ALICE)


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        (ALICE, ALICE),
        (f"alice@ex{CYRILLIC_A}mple.com", "alice@xn--exmple-4nf.com"),
        ("bob@m\u00fcller.example.com", "bob@xn--mller-kva.example.com"),
        ("bob@mu\u0308ller.example.com", "bob@xn--mller-kva.example.com"),
        (f"{CYRILLIC_A}lice@example.com", "\\u0430lice@example.com"),
        ("al\u200bice@example.com", "al\\u200bice@example.com"),
        ("no address", "no address"),
    ],
)
def test_an_address_in_ascii_hides_no_letter(email: str, shown: str) -> None:
    assert format_ascii(email) == shown
    assert shown.isascii()


async def add(email: str) -> int:
    [(id_,)] = await query("INSERT INTO users (email) VALUES (%(email)s) RETURNING id", {"email": email})
    return id_


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize("email", TWINS)
async def test_a_copy_is_marked_and_the_original_is_not(database: str, email: str) -> None:
    alice = let_in(database)["alice"]
    copy = await add(email.lower())
    found = await find_lookalikes({alice: ALICE, copy: email.lower()})
    assert list(found) == [copy]
    assert found[copy].looks_like == ALICE
    assert (found[copy].ascii is None) == email.isascii()


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_a_copy_with_foreign_letters_is_one_even_if_it_came_first() -> None:
    email = f"alice@ex{CYRILLIC_A}mple.com"
    copy = await add(email)
    alice = await add("Alice@Example.com")
    assert await find_lookalikes({copy: email, alice: "Alice@Example.com"}) == {
        copy: Lookalike("alice@xn--exmple-4nf.com", "Alice@Example.com")
    }


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_foreign_letters_alone_are_shown_in_ascii_and_nobody_is_suspected() -> None:
    email = "bob@m\u00fcller.example.com"
    bob = await add(email)
    assert await find_lookalikes({bob: email}) == {bob: Lookalike("bob@xn--mller-kva.example.com", None)}
