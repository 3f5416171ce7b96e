"""What shows whose backlog it is: on pages, in the manifest, as pictures."""

from collections.abc import Generator
from typing import Any

import pytest
from httpx2 import Response

from shareable_backlog.web.pages.icons import draw_icon
from tests.support import running_site
from tests.support.running_site import ADDRESS, Site
from tests.support.signed_in import csrf, let_in, token

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8" onload="x()"><rect width="8" height="8"/></svg>'


@pytest.fixture
def site(database: str) -> Generator[Site]:
    """Yield the program; alice is an admin, bob a viewer."""
    let_in(database)
    with running_site.run_site(database) as site:
        yield site


def save(site: Site, version: object = 1, logo: bytes = b"", **fields: str) -> Response:
    """Post the form of name and look as a browser does, with its file."""
    sent = {"csrf": csrf("alice"), "version": str(version), "name": "Field & Sons", **fields}
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in sent.items()]
    parts.append(b'name="logo"; filename="logo.svg"\r\nContent-Type: image/svg+xml\r\n\r\n' + logo)
    body = (
        b"".join(b"--edge\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    )
    site.client.cookies.clear()
    return site.client.post(
        "/admin/settings/place",
        content=body,
        headers={
            "content-type": "multipart/form-data; boundary=edge",
            "cookie": f"slb_session={token('alice')}",
            "origin": ADDRESS,
        },
        follow_redirects=False,
    )


def test_the_name_stands_on_every_page_at_once_and_for_strangers(site: Site) -> None:
    assert "Field" not in site.get("/", "bob").text
    assert save(site).status_code == 303
    for path, persona in (("/", "bob"), ("/admin", "alice"), ("/items/NONE-1", "bob")):
        page = site.get(path, persona).text
        assert "· Field &amp; Sons</title>" in page
        assert "Field &amp; Sons</a>" in page
    assert site.get("/manifest.webmanifest").json()["name"] == "Field & Sons"


def test_the_manifest_makes_it_installable(site: Site) -> None:
    save(site, has_color="1", color="#FFCC00")
    assert 'rel="manifest" href="/manifest.webmanifest"' in site.get("/", "bob").text
    answer = site.get("/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert "manifest-src 'self'" in answer.headers["content-security-policy"]
    told = answer.json()
    assert (told["display"], told["start_url"], told["scope"]) == ("standalone", "/", "/")
    for icon in told["icons"]:
        size = int(icon["sizes"].partition("x")[0])
        assert site.get(icon["src"]).content == draw_icon(size, told["theme_color"])


def test_a_color_is_toned_for_both_schemes(site: Site) -> None:
    save(site, has_color="1", color="#FFCC00")
    assert '<link rel="stylesheet" href="/place/style.css?v=ffcc00">' in site.get("/", "bob").text
    sheet = site.get("/place/style.css")
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert sheet.text.startswith(":root { --accent: light-dark(#")
    assert "ffcc00" in sheet.text, "it can be read on dark pages as it is"
    for path in ("/place/style.css", "/place/icon/192"):
        assert site.get(f"{path}?v=ffcc00").headers["cache-control"] == "private, max-age=86400"
        assert site.get(f"{path}?v=123456").headers["cache-control"] == "no-store", "another process may know better"
    assert save(site, 2).status_code == 303
    assert "/place/style.css" not in site.get("/", "bob").text


def test_a_logo_is_shown_cleaned_and_does_nothing_by_itself(site: Site) -> None:
    assert save(site, logo=LOGO).status_code == 303
    page = site.get("/", "bob").text
    assert page.count('"/place/logo?v=') == 2, "as the icon of the tab, and in the header"
    logo = site.get("/place/logo")
    assert logo.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in logo.headers["content-security-policy"]
    assert b"onload" not in logo.content
    assert b"rect" in logo.content
    assert save(site, 2).status_code == 303, "which leaves all as it is"
    assert site.get("/place/logo").status_code == 200
    assert save(site, 2, drop_logo="1").status_code == 303
    assert site.get("/place/logo").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [{"name": " "}, {"name": "x" * 61}, {"has_color": "1", "color": "red"}, {"logo": b"GIF89a"}, {"version": "x"}],
)
def test_what_can_not_be_is_refused_and_nothing_is_saved(site: Site, fields: dict[str, Any]) -> None:
    assert save(site, **fields).status_code == 400
    assert site.query("SELECT version, place_name FROM settings") == [(1, "Backlog")]


def test_what_was_changed_is_recorded(site: Site) -> None:
    save(site, has_color="1", color="#123456")
    [(details,)] = site.query("SELECT details FROM audit_logs WHERE action = 'settings.changed'")
    assert details == {
        "before": {"place_name": "Backlog", "place_color": None},
        "after": {"place_name": "Field & Sons", "place_color": "#123456"},
    }
    assert "changed the settings" in site.get("/admin/audit", "alice").text
