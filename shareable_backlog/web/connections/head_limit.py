"""Limit how large the head of a request may be, while it comes in, and let no connection keep the others waiting."""

import asyncio
from http import HTTPStatus

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl

from shareable_backlog.web.connections.read_timeout import ReadTimeoutProtocol

MOST_HEAD_BYTES = 32 * 1024
"""The most of a request that is neither a whole head nor body: request line, headers, trailers, sizes of chunks."""
MOST_HEADERS = 100
PIECE_BYTES = 4 * 1024
"""How much of what came is parsed at most before other connections have their turn."""
PIPELINE_PAUSE_S = 0.02
"""How long a client waits between two requests of which it sent the second before it had the first one's answer."""
_FIRST_PIECE_BYTES = 1024
_LEAST_PIECE_BYTES = 64
_MOST_EVENTS = 64
"""About so many headers and parts of bodies may be in a piece: they take the time, and some are a byte long."""
_REQUEST_EVENTS = 16
"""How many headers a request is worth by itself."""
_MOST_IGNORED_BYTES = 256 * 1024
"""How much of a body may come after its answer, which did not need it."""
_MOST_UNPARSED_BYTES = 1024 * 1024
_LINGER_S = 1.0
"""How long a client that still sends may take to read why it should not."""
_TOO_LARGE = (
    "The address and the headers of this request are larger than the backlog takes. Nothing was changed."
    " Delete the cookies of this site, or use a shorter address.\n"
)
_UNREADABLE = "This is not a request that the backlog understands (it speaks HTTP/1.1, without TLS).\n"


class HeadLimitProtocol(ReadTimeoutProtocol):
    """A protocol that parses piece by piece, and answers 431 as soon as a head is too large.

    httptools copies what it has of a header at each read, so that one of many megabytes takes seconds of the loop;
    uvicorn leaves the size to a proxy. Trailers are dropped: what a proxy takes out of a head (who is signed in, for
    whom it asks) must not come back after the body.
    """

    _own_flow: "_Flow"
    _unparsed = b""
    _next_turn: asyncio.Handle | None = None
    _unfinished_bytes = 0
    _ignored_bytes = 0
    _header_count = 0
    _piece_bytes = _FIRST_PIECE_BYTES
    _events = 0
    _is_in_head = False
    _is_in_body = False
    _is_over = False
    _has_advanced = False
    _refusal: tuple[HTTPStatus, str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] (as uvicorn's)
        """Begin to read."""
        super().connection_made(transport)
        self.flow = self._own_flow = _Flow(transport)

    def data_received(self, data: bytes) -> None:
        """Parse a first piece, the others in turn with other connections."""
        self._unparsed += data
        if len(self._unparsed) > _MOST_UNPARSED_BYTES:
            self.transport.abort()
        elif self._next_turn is None:
            self._take_turn()

    def on_message_begin(self) -> None:
        """Count its headers."""
        super().on_message_begin()
        self._is_in_head, self._header_count = True, 0
        self._events += _REQUEST_EVENTS

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header of the head; raise OverflowError for one too many."""
        self._header_count += 1
        self._events += 1
        if self._header_count > MOST_HEADERS:
            raise OverflowError
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Have the head."""
        self._is_in_head, self._is_in_body, self._has_advanced = False, True, True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Have a part of the body."""
        self._has_advanced = True
        self._events += 1
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Have the whole request."""
        self._is_in_body, self._has_advanced = False, True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with what came meanwhile; who does not wait for answers waits now, so that others have their turn."""
        if self.pipeline:
            self.loop.call_later(PIPELINE_PAUSE_S, self._go_on)
        else:
            self._go_on()

    def _go_on(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or self.pipeline:
            return
        if self._refusal is not None:
            if not self._is_in_body:
                self._send_refusal()
        elif self._unparsed and self._next_turn is None:
            self._next_turn = self.loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        """Parse a piece unless a request waits for its turn, and read on when there is room for more."""
        self._next_turn = None
        if self._unparsed and not self.pipeline and not self._is_ending():
            self._parse_piece()
        if self.transport.is_closing():
            return
        self._own_flow.is_behind = bool(self._unparsed) or self._is_ending()
        if self._own_flow.is_behind:
            self.flow.pause_reading()
            if not self.pipeline and not self._is_ending():
                self._next_turn = self.loop.call_soon(self._take_turn)
        elif not self.pipeline and not (self.cycle and len(self.cycle.body) > HIGH_WATER_LIMIT):
            self.flow.resume_reading()

    def _parse_piece(self) -> None:
        piece, self._unparsed = self._unparsed[: self._piece_bytes], self._unparsed[self._piece_bytes :]
        self._has_advanced, self._events = False, 0
        self._feed_parser(piece)
        fitting = len(piece) * _MOST_EVENTS // max(self._events, 1)
        self._piece_bytes = min(max(fitting, _LEAST_PIECE_BYTES), 2 * self._piece_bytes, PIECE_BYTES)
        self._unfinished_bytes = 0 if self._has_advanced else self._unfinished_bytes + len(piece)
        is_ignored = self._is_in_body and self.cycle.response_complete
        self._ignored_bytes = self._ignored_bytes + len(piece) if is_ignored else 0
        is_too_large = self._unfinished_bytes > MOST_HEAD_BYTES or self._ignored_bytes > _MOST_IGNORED_BYTES
        if is_too_large and not self._is_ending():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TOO_LARGE)

    def _feed_parser(self, piece: bytes) -> None:
        """Do as uvicorn does, but for its line in the log for each request that can't be parsed."""
        if self.parser is None:  # the connection is gone
            return
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            pass  # we have no web sockets, and an answer that says nothing of them declines
        except httptools.HttpParserError:
            if self._header_count > MOST_HEADERS:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, _TOO_LARGE)
            else:
                self._refuse(HTTPStatus.BAD_REQUEST, _UNREADABLE)
        self._limit_wait()

    def _is_ending(self) -> bool:
        return self._is_over or self.transport.is_closing()

    def _refuse(self, status: HTTPStatus, words: str) -> None:
        """Parse nothing more, and close: after an answer in its turn, unless the request's own has begun."""
        self._is_over, self._unparsed = True, b""
        self._refusal = (status, words)
        if not self._is_in_body:
            if not self.cycle or self.cycle.response_complete:
                self._send_refusal()
        elif self.pipeline or self.cycle.response_started:
            # Who is closed at once would be there again at once.
            self.loop.call_later(_LINGER_S, self.transport.close)
        else:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._send_refusal()

    def _send_refusal(self) -> None:
        assert self._refusal is not None  # noqa: S101 (whoever calls this has set it)
        status, words = self._refusal
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(words)}\r\nconnection: close\r\n\r\n{words}".encode("ascii")
        )
        # To close with bytes unread would be a reset, which may overtake the answer.
        self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.abort)


class _Flow(FlowControl):
    """Uvicorn's flow, which reads nothing while there is something to parse."""

    is_behind = False

    def resume_reading(self) -> None:
        if not self.is_behind:
            super().resume_reading()
