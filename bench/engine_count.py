"""Between watchdog and its engine: counts the requests that go by, and changes nothing."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections import Counter
from pathlib import Path
from typing import Self

_REQUEST = re.compile(rb"^(GET|HEAD|POST|PUT|DELETE) (\S+) HTTP/1\.1\r\n", re.MULTILINE)
_VERSION = re.compile(r"^/v[\d.]+")
_NAME = re.compile(r"/(containers|images|exec)/[^/?]+(?=/)")
CHUNK = 65536


class EngineCount:
    """A unix socket that leads to the engine's. A context: entering begins to listen, leaving ends it.

    What looks like the head of a request counts as one; a body that contains such a line would count too.
    """

    def __init__(self, path: Path, upstream: str = "/var/run/docker.sock") -> None:
        self.path = path
        self._upstream = upstream
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._listening.bind(os.fspath(self.path))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self.path.unlink(missing_ok=True)

    def reset(self) -> None:
        """Count from zero."""
        with self._lock:
            self._seen.clear()

    @property
    def total(self) -> int:
        """How many requests went by."""
        with self._lock:
            return self._seen.total()

    def by_kind(self) -> str:
        """Which, the most frequent first."""
        with self._lock:
            return ", ".join(f"{number} {kind}" for kind, number in self._seen.most_common(6)) or "none"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            engine.connect(self._upstream)
            threading.Thread(target=self._pass_on, args=(client, engine, True), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(engine, client, False), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, count: bool) -> None:
        try:
            while data := source.recv(CHUNK):
                if count:
                    self._note(data)
                target.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    end.close()

    def _note(self, data: bytes) -> None:
        for method, target in _REQUEST.findall(data):
            path = _VERSION.sub("", target.decode("latin-1").partition("?")[0])
            kind = _NAME.sub(r"/\1/ID", path)
            with self._lock:
                self._seen[f"{method.decode()} {kind}"] += 1
