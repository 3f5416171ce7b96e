"""The pages of the criteria that hold for every page: those of readers, of admins, and of who is not signed in."""

from typing import Final

from tests.e2e.test_look import ADDRESSES

READERS: Final = tuple(ADDRESSES.values())
ADMINS: Final = (
    "/admin", "/admin/people", "/admin/people/1", "/admin/sync", "/admin/sharing", "/admin/labels", "/admin/settings",
    "/admin/invitations", "/admin/audit", "/about",
)  # fmt: skip
STRANGERS: Final = ("/sign-in", "/sign-in/code")

EVERY_PAGE: Final = (
    *((path, "bob") for path in READERS),
    *((path, "alice") for path in ADMINS),
    *((path, None) for path in STRANGERS),
    ("/waiting", "carol"),
)
"""Each page with the persona who looks at it, None: nobody.

As parameters of the session, whose tests pytest puts side by side, each page is loaded once for all tests of it.
"""
