"""Forms with files, taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shareable_backlog.web.formats.multipart import FormPart, parse_parts

KIND = "multipart/form-data; boundary=edge"


def write(*parts: tuple[str, bytes]) -> bytes:
    """Return a form as a browser sends it; each part is what stands after its name, and its content."""
    written = [
        f'--edge\r\nContent-Disposition: form-data; name="{head}'.encode() + b"\r\n\r\n" + content + b"\r\n"
        for head, content in parts
    ]
    return b"".join(written) + b"--edge--\r\n"


def test_fields_and_files_are_told_apart() -> None:
    body = write(('a"', b"1"), ('logo"; filename="x.png"\r\nContent-Type: image/png', b"\x89PNG\r\n\r\n--x"))
    assert parse_parts(KIND, body) == [
        FormPart("a", b"1", is_file=False),
        FormPart("logo", b"\x89PNG\r\n\r\n--x", is_file=True),
    ]


@given(st.binary().filter(lambda content: b"--edge" not in content))
def test_what_a_file_holds_arrives_as_it_is(content: bytes) -> None:
    assert parse_parts(KIND, write(('f"; filename=""', content)))[0].content == content


@pytest.mark.parametrize(
    "body",
    [b"", b"--edge", b"x--edge--", write(('a"', b"1"))[:-8], b"--edge\r\nno name\r\n\r\n1\r\n--edge--", b"a=1"],
)
def test_what_is_no_whole_form_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (it becomes a page of its own)
        parse_parts(KIND, body)


def test_a_form_without_a_boundary_is_refused() -> None:
    with pytest.raises(ValueError, match="boundary"):
        parse_parts("multipart/form-data", write(('a"', b"1")))
