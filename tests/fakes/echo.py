"""Be servers of somebody else's that refuse whatever they are asked, and say back all that they were told."""

import contextlib
import json
import socketserver
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._refuse()

    def do_POST(self) -> None:
        self._refuse()

    def _refuse(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        last_first = "&".join(reversed(body.split("&")))  # the secret is the last field of a form, and words are cut
        said = f"{self.headers.get('Authorization', '')} {last_first}"
        error = {"message": said, "extensions": {"code": "INVALID_INPUT"}}
        answer = json.dumps({"error": said, "error_description": said, "errors": [error]}).encode()
        self.send_response(400, "Refused")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name it has there)
        """Say nothing."""


class _MailHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 mail.example.com\r\n")
        for line in self.rfile:
            is_greeting = line.upper().startswith(b"EHLO")
            said = line.strip()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(
                    b"250-mail.example.com\r\n250 AUTH PLAIN\r\n" if is_greeting else b"535 %s\r\n" % said
                )


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def run_echo() -> contextlib.AbstractContextManager[int]:
    """Give the port on loopback of one that speaks HTTP."""
    return _run(ThreadingHTTPServer(("127.0.0.1", 0), _Handler))


def run_mail_echo() -> contextlib.AbstractContextManager[int]:
    """Give the port on loopback of one that takes mails."""
    return _run(_MailServer(("127.0.0.1", 0), _MailHandler))


@contextlib.contextmanager
def _run(server: socketserver.TCPServer) -> Generator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
