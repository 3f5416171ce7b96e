"""Render GitHub's markdown with cmark, and give its memory back.

cmarkgfm's own `github_flavored_markdown_to_html` never frees the syntax tree nor the rendered text, some fifty
bytes for each byte of markdown, which a server would lose with every page it shows.
"""

import ctypes
import importlib
from typing import Any

# The package's compiled part, which has no types.
_module: Any = importlib.import_module("cmarkgfm._cmark")
_lib: Any = _module.lib
_ffi: Any = _module.ffi
# The same library once more: the module does not declare the two functions that free, but it exports them.
_LIBRARY = ctypes.CDLL(_module.__file__)
_free_node = _LIBRARY.cmark_node_free
_free_text = _LIBRARY.free
for _free in (_free_node, _free_text):
    _free.argtypes, _free.restype = [ctypes.c_void_p], None

_lib.cmark_gfm_core_extensions_ensure_registered()
_EXTENSIONS: list[Any] = [
    _lib.cmark_find_syntax_extension(name) for name in (b"table", b"autolink", b"strikethrough", b"tasklist")
]


def render_html(markdown: str) -> str:
    """Return the HTML of `markdown`: raw HTML left out, links of dangerous schemes emptied, line breaks kept.

    CommonMark lets a bare line break be a space; people who wrote a list of lines, or an address, meant a break.

    What cannot be written in UTF-8 (lone surrogates) becomes a question mark.
    """
    source = markdown.encode("utf-8", "replace")
    parser = _lib.cmark_parser_new(_lib.CMARK_OPT_DEFAULT)
    try:
        for extension in _EXTENSIONS:
            _lib.cmark_parser_attach_syntax_extension(parser, extension)
        _lib.cmark_parser_feed(parser, source, len(source))
        tree = _lib.cmark_parser_finish(parser)
        try:
            extensions = _lib.cmark_parser_get_syntax_extensions(parser)
            rendered = _lib.cmark_render_html(tree, _lib.CMARK_OPT_HARDBREAKS, extensions)
            try:
                return _ffi.string(rendered).decode("utf-8", "replace")
            finally:
                _free_text(int(_ffi.cast("uintptr_t", rendered)))
        finally:
            _free_node(int(_ffi.cast("uintptr_t", tree)))
    finally:
        _lib.cmark_parser_free(parser)
