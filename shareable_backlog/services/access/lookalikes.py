"""Tell when a mail address is not what it looks like: letters of other scripts, digits for letters, hidden signs.

Two addresses look alike when the same is left of both by `compute_skeleton`. It is a small table, not Unicode's list
of confusables: it knows what fonts draw like small Latin letters in Cyrillic, Greek, Armenian and Latin itself, what
compatibility forms and accents come down to, and 0, 1, rn and vv. It doesn't know other scripts, nor slips such as a
letter left out, and it finds no twin of an address that has foreign letters itself; but whatever is not ASCII is
also shown in ASCII.
"""

import unicodedata
from collections.abc import Collection, Mapping

from msgspec import Struct

from shareable_backlog.database.access import user_list

_ACE = "xn--"
_LOOK_LIKE: Mapping[str, str] = {
    "a": "\u0430\u03b1\u0251\u1d00",
    "b": "\u044c\u0185",
    "c": "\u0441\u03f2\u1d04",
    "d": "\u0501\u0111",
    "e": "\u0435\u03b5\u04bd",
    "g": "\u0261\u0581",
    "h": "\u04bb\u0570\u0127",
    "i": "\u0456\u03b9\u0131\u0269",
    "j": "\u0458\u03f3\u0575\u0237",
    "k": "\u043a\u03ba",
    "l": "1\u04cf\u0142\u01c0|",
    "m": "\u043c\u1d0d",
    "n": "\u03b7\u0578",
    "o": "0\u043e\u03bf\u03c3\u0585\u00f8\u1d0f",
    "p": "\u0440\u03c1",
    "q": "\u051b\u0566",
    "r": "\u0433",
    "s": "\u0455\ua731",
    "t": "\u0442\u03c4",
    "u": "\u03c5\u057d\u1d1c",
    "v": "\u0475\u03bd\u1d20\u028b",
    "w": "\u051d\u03c9\u0561\u1d21",
    "x": "\u0445\u03c7",
    "y": "\u0443\u03b3\u04af",
    "z": "\u1d22",
    ".": "\u3002\u0589",
    "-": "\u2010\u2011\u2013\u2212",
}
_PLAIN = str.maketrans({sign: letter for letter, signs in _LOOK_LIKE.items() for sign in signs})


class Lookalike(Struct, frozen=True):
    """How an address stands in ASCII, None: as it is; and whose it could be taken for, None: nobody's."""

    ascii: str | None
    looks_like: str | None


def format_ascii(email: str) -> str:
    """Return an address in ASCII: foreign letters of the host in punycode, those before the @ by their numbers."""
    name, at, host = email.rpartition("@")
    labels = (
        label if label.isascii() else f"{_ACE}{unicodedata.normalize('NFC', label).encode('punycode').decode()}"
        for label in host.lower().split(".")
    )
    return name.encode("ascii", "backslashreplace").decode() + at + ".".join(labels)


def compute_skeleton(email: str) -> str:
    """Return what is left of an address when all that looks the same is the same; never to be sent mail to."""
    name, at, host = email.rpartition("@")
    whole = name + at + ".".join(map(_decode_label, host.split(".")))
    parts = unicodedata.normalize("NFKD", whole.lower()).lower()
    seen = "".join(sign for sign in parts if unicodedata.category(sign) not in {"Cf", "Mn", "Me"})
    return seen.translate(_PLAIN).replace("rn", "m").replace("vv", "w")


async def find_lookalikes(emails: Mapping[int, str]) -> dict[int, Lookalike]:
    """Return of which people, by id, the address is not what it looks like; those of the rest are left out.

    Of two in ASCII alone the later one looks like the earlier; what has foreign letters is always the copy.
    """
    skeletons = {id_: compute_skeleton(email) for id_, email in emails.items()}
    others = await user_list.list_by_skeleton(set(skeletons.values()))
    found = {
        id_: Lookalike(
            None if email.isascii() else format_ascii(email), _find_original(id_, email, skeletons[id_], others)
        )
        for id_, email in emails.items()
    }
    return {id_: one for id_, one in found.items() if one != Lookalike(None, None)}


def _find_original(id_: int, email: str, skeleton: str, others: Collection[tuple[int, str, str]]) -> str | None:
    is_copy = not email.isascii() or _ACE in email.lower()
    return next(
        (
            other
            for other_id, other, other_skeleton in others
            if other_skeleton == skeleton and other_id != id_ and (is_copy or other_id < id_)
        ),
        None,
    )


def _decode_label(label: str) -> str:
    if not label.lower().startswith(_ACE):
        return label
    try:
        return label[len(_ACE) :].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
