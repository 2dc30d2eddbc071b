"""Who receives the messages: writes down each that arrives, and may lose its answer or be away."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler

from tests.chaos.record import Post
from tests.listening import Listening


def key_of(telling: str, target: str, incident: str | None, at: str) -> str:
    """The id that the webhook's documentation promises: the same whenever the same notification is sent."""
    whole = "\0".join((telling, target, incident or "", at))
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:32]


class Receiver(Listening):
    """A context: entering begins to listen on 127.0.0.1."""

    def __init__(self) -> None:
        self._down = False
        self._lose = 0
        self._posts: list[Post] = []
        self._lock = threading.Lock()
        receiver = self

        class Ear(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if receiver._down:
                    self._answer(503)
                elif receiver.take(body):
                    self._answer(200)
                else:
                    self.close_connection = True

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
                pass

        super().__init__(Ear)

    def lose_next(self) -> None:
        """The next message arrives, and its sender is not told so."""
        with self._lock:
            self._lose += 1

    def be(self, *, down: bool) -> None:
        """Refuse everything from now on, which counts as not delivered; or not."""
        self._down = down

    def take(self, body: bytes) -> bool:
        """Write one down; whether it is answered."""
        key = str(json.loads(body)["id"])
        with self._lock:
            answered = self._lose == 0
            self._lose -= not answered
            self._posts.append(Post(key, time.time(), answered))
        return answered

    def posts(self) -> list[Post]:
        """All that arrived, in order."""
        with self._lock:
            return list(self._posts)
