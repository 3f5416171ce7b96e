"""The page of one item, as a reader finds it."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import NewPage
from tests.support.browser.hostile import TITLES

pytestmark = pytest.mark.browser


def comments(page: Page) -> Locator:
    return page.get_by_role("region", name="Comments")


def sub_items(page: Page) -> Locator:
    return page.get_by_role("region", name="Sub-items")


def test_an_item_shows_its_title_and_facts(page: Page) -> None:
    page.goto("/items/FLD-327")
    expect(page).to_have_title(re.compile("FLD-327 Inspect a site with no signal"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Inspect a site with no signal, from start to finish")
    facts = page.get_by_role("complementary", name="Details")
    for fact in (
        "In Progress",
        "Urgent",
        "Maren Solvik",
        "Feature",
        "Offline",
        "Inspect without signal",
        "Field app",
    ):
        expect(facts).to_contain_text(fact)


def test_a_description_reads_as_it_was_written(page: Page) -> None:
    page.goto("/items/FLD-327")
    main = page.get_by_role("main")
    expect(main.get_by_role("heading", name="What it takes")).to_be_visible()
    expect(main.get_by_role("cell", name="twice a year")).to_be_visible()
    expect(main.get_by_role("img", name="done", exact=True)).to_have_count(2)
    expect(main.get_by_role("img", name="to do")).to_have_count(2)
    expect(main.get_by_role("code").filter(has_text="stateDiagram-v2")).to_be_visible()


def test_the_outline_of_a_page_skips_no_level(page: Page) -> None:
    page.goto("/items/FLD-327")
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_section_unfolds(page: Page) -> None:
    page.goto("/items/OPS-317")
    expect(page.get_by_text("openssl s_client")).to_be_hidden()
    page.get_by_text("How to see it yourself").click()
    expect(page.get_by_text("openssl s_client")).to_be_visible()


def test_comments_stand_in_their_order_with_their_replies(page: Page) -> None:
    page.goto("/items/FLD-327")
    threads = comments(page).get_by_role("list").first.locator("> li")
    expect(threads).to_have_count(3)
    expect(threads.nth(0)).to_contain_text("Will planned times move while a tablet is below ground?")
    expect(threads.nth(0).get_by_role("listitem")).to_have_count(2)
    expect(threads.nth(0).get_by_role("listitem").first).to_contain_text("The tablet keeps the order it left with")
    expect(threads.nth(2)).to_contain_text("Maren Solvik")


def test_sub_items_and_their_parent_lead_to_each_other(page: Page) -> None:
    page.goto("/items/FLD-327")
    expect(sub_items(page).get_by_role("listitem")).to_have_count(6)
    expect(sub_items(page).get_by_role("heading")).to_contain_text("3 of 6 done")
    sub_items(page).get_by_role("link", name="Two people worked on the same checklist").click()
    expect(page).to_have_url(re.compile(r"/items/FLD-330$"))
    page.get_by_role("link", name="FLD-327 Inspect a site with no signal").click()
    expect(page).to_have_url(re.compile(r"/items/FLD-327$"))


def test_relations_lead_to_the_other_items(page: Page) -> None:
    page.goto("/items/FLD-327")
    relations = page.get_by_role("region", name="Relations")
    expect(relations.get_by_role("heading", level=3)).to_have_text(["Blocked by", "Related to", "Similar to"])
    relations.get_by_role("link", name="Gate access point gives up").click()
    expect(page).to_have_url(re.compile(r"/items/FLD-452$"))
    expect(relations.get_by_role("heading", name="Blocks")).to_be_visible()


def test_items_that_a_text_names_are_linked(page: Page) -> None:
    page.goto("/items/FLD-327")
    expect(page.locator(".prose .mention", has_text="@maren")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="FLD-330", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"/items/FLD-330$"))


def test_facts_lead_to_the_list_narrowed_to_them(page: Page) -> None:
    page.goto("/items/FLD-330")
    facts = page.get_by_role("complementary", name="Details")
    for name in (
        "Tunde Abioye-Cross",
        "Offline",
        "Two weeks at Eastquay",
        "Ready for Eastquay",
    ):
        address = facts.get_by_role("link", name=name).get_attribute("href")
        answer = page.request.get(address or "")
        assert answer.status == 200, address
        assert "FLD-330" in answer.text(), address


def test_the_project_leads_to_its_page_whose_numbers_lead_to_its_items(page: Page) -> None:
    page.goto("/items/FLD-330")
    page.get_by_role("complementary", name="Details").get_by_role("link", name="Inspect without signal").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inspect without signal")
    page.get_by_role("complementary", name="Details").get_by_role("link", name="11", exact=True).click()
    expect(page.locator("#main")).to_contain_text("FLD-330")


def test_links_say_what_they_are_and_tell_nobody_where_they_were(page: Page) -> None:
    page.goto("/items/FLD-327")
    links = page.get_by_role("region", name="Links").get_by_role("listitem")
    expect(links).to_have_count(2)
    expect(links.nth(1)).to_contain_text("Merged")
    expect(links.nth(1)).to_contain_text("GitHub")
    expect(links.nth(1).get_by_role("link")).to_have_attribute("rel", "noopener noreferrer nofollow")


def test_the_history_tells_what_happened(page: Page) -> None:
    page.goto("/items/FLD-327")
    events = page.get_by_role("region", name="History").get_by_role("listitem")
    expect(events).to_contain_text(["Created by Noor Haddadine", "Started"])


def test_on_paper_the_facts_come_first_and_links_can_be_read(page: Page) -> None:
    page.goto("/items/FLD-327")
    page.emulate_media(media="print")
    facts = page.get_by_role("complementary", name="Details").bounding_box()
    text = page.locator(".prose").first.bounding_box()
    assert facts
    assert text
    assert facts["y"] + facts["height"] <= text["y"]
    printed = page.get_by_role("link", name="journal format").evaluate(
        "one => getComputedStyle(one, '::after').content"
    )
    assert "attr(href)" in printed or "https://example.com/" in printed
    expect(page.get_by_text("2 GB of cached web pages.")).to_be_visible()


def test_an_item_without_anything_says_so(page: Page) -> None:
    page.goto("/items/PLN-225")
    expect(page.get_by_role("complementary", name="Details")).to_contain_text("Nobody")
    expect(page.get_by_role("main")).to_contain_text("No description.")
    expect(comments(page)).to_contain_text("No comments yet.")
    expect(sub_items(page)).to_have_count(0)


def test_an_archived_item_can_be_read_and_says_that_it_is_archived(page: Page) -> None:
    page.goto("/items/FLD-118")
    expect(page.get_by_role("main")).to_contain_text("archived")


@pytest.mark.parametrize("asked", ["OPS-268", "ops-268", "pln-313", "pln313"])
def test_an_earlier_identifier_and_another_spelling_lead_to_the_item(page: Page, asked: str) -> None:
    page.goto(f"/items/{asked}")
    expect(page).to_have_url(re.compile(r"/items/PLN-313$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize(
    "address", ["/items/FLD-99999", "/items/<script>alert(1)<%2Fscript>", "/items/%00", "/nothing"]
)
def test_what_is_not_there_has_a_page_that_leads_back(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    page.get_by_role("link", name="Go to the backlog").click()
    expect(page).to_have_url(re.compile(r"/$"))


def test_the_way_back_leads_to_the_team_and_to_the_list(page: Page) -> None:
    page.goto("/items/FLD-327")
    page.get_by_role("main").get_by_role("link", name="Field app").first.click()
    expect(page).to_have_url(re.compile(r"/\?team=FLD$"))
    page.go_back()
    page.get_by_role("main").get_by_role("link", name="Backlog", exact=True).click()
    expect(page).to_have_url(re.compile(r"/$"))


def test_a_search_from_an_item_leads_to_the_list(page: Page) -> None:
    page.goto("/items/FLD-327")
    page.get_by_role("searchbox", name="Search the backlog").fill("certificates")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Certificates expire in five weeks")).to_be_visible()


@pytest.mark.parametrize("number", TITLES)
def test_a_hostile_item_is_only_text(page: Page, number: int) -> None:
    page.goto(f"/items/EVL-{number}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("<script>alert(1)</script><img src=x onerror=alert(2)>")
    for summary in page.locator("main summary").all():
        if summary.is_visible():
            summary.click()
    assert page.locator("main img, main script, main style, main iframe, main form, main [style]").count() == 0
    addresses = page.locator("a").evaluate_all("links => links.map(link => link.protocol)")
    assert set(addresses) <= {"http:", "https:"}


def test_links_in_a_text_tell_nobody_where_they_were(page: Page) -> None:
    page.goto("/items/EVL-1")
    link = page.get_by_role("link", name="https://example.com/plain").first
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


def test_without_javascript_an_item_is_whole(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/items/OPS-317")
    page.get_by_text("How to see it yourself").click()
    expect(page.get_by_text("openssl s_client")).to_be_visible()
    page.goto("/items/FLD-327")
    expect(comments(page)).to_be_visible()
    sub_items(page).get_by_role("link", name="Two people worked on the same checklist").click()
    expect(page).to_have_url(re.compile(r"/items/FLD-330$"))


def test_what_needs_javascript_is_offered_only_with_it(new_page: NewPage, page: Page) -> None:
    button = '[data-copy="/items/FLD-327"]'
    page.goto("/items/FLD-327")
    expect(page.locator(button)).to_be_visible()
    without = new_page(java_script_enabled=False)
    without.goto("/items/FLD-327")
    expect(without.locator(button)).to_be_hidden()


def test_on_a_phone_the_facts_unfold(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto("/items/FLD-327")
    facts = page.get_by_role("main").get_by_role("definition").filter(has_text="Maren Solvik")
    expect(facts.filter(visible=True)).to_have_count(0)
    page.get_by_text("Details", exact=True).click()
    expect(facts.filter(visible=True)).to_have_count(1)


@pytest.mark.parametrize("with_script", [True, False], ids=["with a script", "without"])
def test_an_item_leads_to_the_next_and_back_to_the_list_that_it_came_from(
    new_page: NewPage, *, with_script: bool
) -> None:
    page = new_page(java_script_enabled=with_script)
    page.goto("/?team=FLD&type=started&order=updated")
    titles = page.locator(".item a.title").all_inner_texts()
    page.locator(".item a.title").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(titles[0])
    expect(page.get_by_role("link", name="Previous item")).to_have_count(0)
    page.get_by_role("link", name="Next item").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(titles[1])
    expect(page.get_by_role("link", name="Previous item")).to_be_visible()
    page.get_by_role("link", name="← Field app · In progress").click()
    expect(page).to_have_url(re.compile(r"/\?team=FLD&type=started&order=updated$"))


def test_a_line_copies_the_link_of_its_item_alone(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/?team=FLD")
    line = page.locator(".item").first
    identifier = line.locator(".identifier").inner_text()
    line.hover()
    line.get_by_role("button", name=f"Copy link to {identifier}").click()
    expect(page.locator("#told")).to_have_text("The link was copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/items/{identifier}")
    expect(page).to_have_url(re.compile(r"/\?team=FLD$"))


def test_what_the_team_wrote_last_stands_above_the_item(page: Page) -> None:
    page.goto("/items/FLD-327")
    latest = page.get_by_role("region", name="What the team wrote last")
    newest = page.locator(".comment time").evaluate_all("all => all.map(one => one.dateTime).sort().at(-1)")
    expect(latest.locator("time")).to_have_attribute("datetime", newest)
