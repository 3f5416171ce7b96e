"""BASE_URL with a path: which there may be, and that none is taken for one of our own pages."""

import pytest

from shareable_backlog import routes
from shareable_backlog.config import parse_settings, values


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.com/backlog", "https://example.com/backlog"),
        ("https://Example.com:443/Backlog/", "https://example.com/Backlog"),
        ("https://example.com/apps/our-backlog_2.0~a/", "https://example.com/apps/our-backlog_2.0~a"),
        ("https://example.com/...", "https://example.com/..."),
        ("https://example.com/apps/admin", "https://example.com/apps/admin"),
        ("https://example.com/administration", "https://example.com/administration"),
        ("http://127.0.0.1:8000/backlog", "http://127.0.0.1:8000/backlog"),
    ],
)
def test_the_own_address_may_have_a_path_which_is_kept_without_a_last_slash(text: str, address: str) -> None:
    assert parse_settings({"BASE_URL": text}).base_url == address


@pytest.mark.parametrize(
    "rest",
    [
        *(
            "?q",
            "#part",
            "/backlog?q=1",
            "/backlog#part",
            "//",
            "//backlog",
            "/backlog//",
            "/a//b",
            "/.",
            "/..",
            "/../x",
        ),
        *(
            "/a/..",
            "/a/../b",
            "/a/./b",
            "/a%2Fb",
            "/%2e%2e",
            "/a\\b",
            "/a;b",
            "/a@b",
            "/a:b",
            "/a'b",
            '/a"b',
            "/<a>",
            "/ä",
        ),
    ],
)
def test_an_own_address_of_another_form_is_refused(rest: str) -> None:
    with pytest.raises(
        ValueError, match=r"^should be the scheme and the host, like .*, with a plain path if need be, like"
    ):
        values.parse_base_url(f"https://example.com{rest}")


@pytest.mark.parametrize("rest", ["/admin", "/api/", "/items/backlog", "/.well-known/backlog", "/export.csv"])
def test_an_own_address_does_not_begin_as_our_pages_do(rest: str) -> None:
    with pytest.raises(
        ValueError, match=f"^has a path that begins with /{rest.split('/')[1]}, as pages of the backlog do"
    ):
        values.parse_base_url(f"https://example.com{rest}")


def test_the_names_that_our_pages_begin_with_are_all_known() -> None:
    names = {route.path.split("/")[1] for route in routes.ROUTES} - {""}
    assert names == values.OWN_NAMES, (
        "OWN_NAMES in config/values.py has to name what the paths of routes.py begin with."
    )


@pytest.mark.parametrize("rest", ["", "/backlog"])
def test_the_origin_of_an_address_has_no_path(rest: str) -> None:
    assert values.parse_origin(f"https://example.com:8443{rest}") == "https://example.com:8443"
