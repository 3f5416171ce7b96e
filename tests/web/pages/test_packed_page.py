"""A page that is kept compressed, with gaps for the token of each reader's forms."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.web.pages.packed_page import pack_page

GAP, ALICES, BOBS = "0f" * 32, "a1" * 32, "b2" * 32


@given(st.lists(st.text(max_size=200), min_size=1, max_size=6))
def test_a_filled_page_is_the_page_made_with_that_token(pieces: list[str]) -> None:
    page = pack_page(GAP.join(pieces).encode(), GAP)
    for token in (ALICES, BOBS):
        whole = token.join(pieces).encode()
        assert gzip.decompress(page.fill(token, compressed=True)) == whole
        assert page.fill(token, compressed=False) == whole


def test_it_takes_hardly_more_bytes_than_the_page_compressed_as_a_whole() -> None:
    html = "".join(f'<li class="item"><a href="/items/ENG-{number}">Item {number}</a></li>' for number in range(200))
    page = pack_page(f"<html>{GAP}{html}{GAP}</html>".encode(), GAP)
    whole = gzip.compress(f"<html>{ALICES}{html}{ALICES}</html>".encode())
    assert len(page.fill(ALICES, compressed=True)) < len(whole) + 2 * len(GAP) + 50


def test_what_stands_on_both_sides_of_a_gap_is_there_again() -> None:
    html = "".join(f'<li class="item"><a href="/items/ENG-{number}">Item {number}</a></li>' for number in range(999))
    page = pack_page(f"{html}{GAP}{html}{GAP}{GAP}{html}".encode(), GAP)
    whole = f"{html}{ALICES}{html}{ALICES}{ALICES}{html}".encode()
    assert gzip.decompress(page.fill(ALICES, compressed=True)) == whole


def test_a_token_is_stored_as_it_is_so_that_the_size_tells_nothing_of_it() -> None:
    page = pack_page(f"<p>{ALICES}{ALICES}</p>{GAP}".encode(), GAP)
    assert len(page.fill(ALICES, compressed=True)) == len(page.fill(BOBS, compressed=True))
    assert BOBS.encode() in page.fill(BOBS, compressed=True)


def test_a_damaged_page_is_noticed_by_its_checksum() -> None:
    packed = bytearray(pack_page(f"<p>{GAP}</p>".encode(), GAP).fill(ALICES, compressed=True))
    packed[packed.index(b"a1")] ^= 1
    with pytest.raises((gzip.BadGzipFile, zlib.error)):
        gzip.decompress(bytes(packed))
