"""The stand-in for InfluxDB of the demo as a process, and a server that answers with whatever a test wants."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

IMAGE = Path(__file__).parents[2] / "demo/images/influxdb"
ORG, TOKEN = "bloomberg", "the-operator-token-1"


@contextmanager
def stand_in(folder: Path) -> Iterator[str]:
    """The stand-in on a free port, with a bucket `markets`; its URL."""
    told = {"ORG": ORG, "BUCKET": "markets", "RETENTION": "168h", "ADMIN_TOKEN": TOKEN}
    process = subprocess.Popen(
        [sys.executable, "-m", "influx_stand_in", "--folder", folder, "--port", "0"],
        cwd=IMAGE,
        env={
            **os.environ,
            **{f"DOCKER_INFLUXDB_INIT_{name}": value for name, value in told.items()},
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    try:
        for line in process.stderr:
            if port := re.search(r'msg="Listening".* port="(\d+)"', line):
                yield f"http://127.0.0.1:{port[1]}"
                return
        raise AssertionError("the stand-in ended at its start")
    finally:
        process.terminate()
        process.communicate(timeout=10)


@contextmanager
def answering(respond: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that answers every request as told; its URL."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                respond(self)
            except OSError:
                self.close_connection = True  # the other side has gone: that is what is tested

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.do_GET()

        do_PATCH = do_POST  # noqa: N815 - http.server's own names

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def fixed(
    body: bytes, status: int = 200, kind: str = "text/csv", **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    """Always this."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return respond


def endless(
    piece: bytes, pause: float = 0.0, kind: str = "text/csv"
) -> Callable[[BaseHTTPRequestHandler], None]:
    """The same piece for ever, with a pause after each."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.end_headers()
        ended = threading.Event()
        while not ended.wait(pause):
            request.wfile.write(piece)
            request.wfile.flush()

    return respond
