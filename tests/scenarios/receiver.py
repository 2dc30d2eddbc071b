"""Somebody outside who hears pings: a local HTTP server that writes them all down."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.listening import Listening


@dataclass(frozen=True, slots=True)
class Heard:
    """One ping. `at`: seconds of the machine's monotonic clock."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    body: str

    @property
    def word(self) -> str:
        """start, success or fail in the words of healthchecks.io; up or down in those of Kuma."""
        if "/api/push/" in self.path:
            return self.query.get("status", "")
        last = self.path.rpartition("/")[2]
        return last if last in ("start", "fail") else "success"


class Receiver(Listening):
    """A context: entering begins to listen on 127.0.0.1.

    Attributes:
        status, answer: what each ping gets.
    """

    def __init__(self) -> None:
        self.status, self.answer = 200, b"OK"
        self._pings: list[Heard] = []
        self._lock = threading.Lock()
        receiver = self

        class Ear(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._hear()

            def do_POST(self) -> None:
                self._hear()

            def _hear(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                ping = Heard(time.monotonic(), self.command, parts.path, query, body.decode())
                receiver.hear(ping)
                self.send_response(receiver.status)
                self.send_header("Content-Length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
                pass

        super().__init__(Ear)

    def hear(self, ping: Heard) -> None:
        """Write a ping down."""
        with self._lock:
            self._pings.append(ping)

    def pings(self, word: str | None = None, *, after: float = 0) -> list[Heard]:
        """What was heard since a moment (of that word, if given), in order."""
        with self._lock:
            return [ping for ping in self._pings if word in (None, ping.word) and ping.at > after]
