"""The demo's feeders: what they write, what they keep while InfluxDB is down, and what they say of themselves."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "demo/images/feeder/feeder.py"
# The pauses of the demo, a hundred times as short.
QUICK = """
import runpy, sys
feeder = runpy.run_path(sys.argv[1], run_name="feeder")
scope = feeder["main"].__globals__
scope.update(SHORTEST=0.01, LONGEST=0.05, RETRY_EVERY=0.1, LOOK_EVERY=0.02)
here = sys.argv.pop()
scope.update(SILENT=here + "/silent", TROUBLE=here + "/exchange", OUTSIDE_PORTS=(int(open(here + "/port").read()),))
sys.argv = sys.argv[1:]
feeder["main"]()
"""


class Database(ThreadingHTTPServer):
    """Takes what is written, unless told to refuse."""

    daemon_threads = True

    def __init__(self) -> None:
        self.refuses = False
        self.asked: list[tuple[str, str]] = []
        self.lines: list[str] = []
        super().__init__(("127.0.0.1", 0), Writes)


class Writes(BaseHTTPRequestHandler):
    """One write."""

    server: Database

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append((self.path, self.headers["Authorization"]))
        if not self.server.refuses:
            self.server.lines += body.splitlines()
        self.send_response(401 if self.server.refuses else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def database() -> Iterator[Database]:
    """One that listens."""
    server = Database()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def wait(what: Callable[[], Any]) -> Any:
    """Until it holds, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not (found := what()):
        assert time.monotonic() < deadline, "not within 10 s"
        time.sleep(0.01)
    return found


@contextmanager
def feeding(kind: str, database: Database, log: Path) -> Iterator[Callable[[str], str]]:
    """A feeder that runs; what it answers at a path."""
    port = free_port()
    environment = {
        **os.environ,
        "INFLUXDB_URL": f"http://127.0.0.1:{database.server_port}",
        "INFLUXDB_TOKEN": "the-token",
        "PORT": str(port),
    }
    (log.parent / "port").write_text(str(free_port()))
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", QUICK, PROGRAM, kind, log.parent], env=environment, stderr=stderr
        )

    def ask(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    try:
        wait(lambda: "started" in log.read_text() and database.asked)
        yield ask
    finally:
        process.terminate()
        assert process.wait(10) == 0


def free_port() -> int:
    """A port that nobody listens at."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port


@pytest.mark.parametrize(
    ("kind", "bucket", "point"),
    [
        (
            "market",
            "markets",
            r"price,symbol=\w+,exchange=demo,asset_type=crypto price=[\d.]+,volume=[\d.]+ \d{13}",
        ),
        (
            "news",
            "news",
            r'news_articles,source=demo,category=markets title=".+ \(made up\)",sentiment=[-\d.]+ \d{13}',
        ),
    ],
)
def test_points_are_written(database: Database, tmp_path: Path, kind: str, bucket: str, point: str) -> None:
    """Made-up points go to the right bucket with the token, and the log says that they are made up."""
    with feeding(kind, database, tmp_path / "log"):
        wait(lambda: len(database.lines) > 3)
    assert database.asked[0] == (
        f"/api/v2/write?org=bloomberg&bucket={bucket}&precision=ms",
        "Token the-token",
    )
    assert all(re.fullmatch(point, line) for line in database.lines), database.lines[:3]
    assert "stand-in" in (tmp_path / "log").read_text()


def test_it_is_healthy_whatever_happens_to_the_data(database: Database, tmp_path: Path) -> None:
    """InfluxDB refuses: its health says healthy, its metrics and its log tell; afterwards what waited is written."""
    database.refuses = True
    with feeding("market", database, tmp_path / "log") as ask:
        assert json.loads(ask("/health"))["status"] == "healthy"
        wait(lambda: 'write_errors_total{source="demo"} 0' not in ask("/metrics"))
        assert 'market_feeder_last_write_timestamp{source="demo"} 0.000' in ask("/metrics")
        assert "[ERROR] market-feeder.writer — InfluxDB write error (source=demo, points=" in (
            (tmp_path / "log").read_text()
        )
        refused = len(database.asked)
        wait(lambda: len(database.asked) > refused)
        database.refuses = False
        wait(lambda: len(database.lines) > 6)
        assert json.loads(ask("/health"))["status"] == "healthy"
        assert 'last_write_timestamp{source="demo"} 0.000' not in ask("/metrics")
    stamps = [int(line.rsplit(" ", 1)[1]) for line in database.lines]
    assert stamps == sorted(stamps)
    assert "that waited are written" in (tmp_path / "log").read_text()


def break_it(tmp_path: Path, kind: str, seconds: float = 0) -> None:
    """What demo/break writes."""
    (tmp_path / "exchange").write_text(f"{kind} {int(time.time() + seconds) if seconds else 0}")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("rate-limited", r"\[WARNING\] market-feeder.exchange — HTTP 429 .*code -1003.*Retry-After: \d+"),
        ("banned", r"\[ERROR\] market-feeder.exchange — HTTP 418 .*banned until \d{13}\."),
        ("bad-key", r"\[ERROR\] market-feeder.exchange — .*code -2015"),
        ("no-network", r"\[ERROR\] market-feeder.exchange — cannot reach the exchange"),
    ],
)
def test_an_exchange_that_refuses_is_told_in_its_words(
    database: Database, tmp_path: Path, kind: str, words: str
) -> None:
    """Nothing is written, the log says why in the words of the exchange, and health says healthy."""
    with feeding("market", database, tmp_path / "log") as ask:
        break_it(tmp_path, kind, 3000 if kind in ("rate-limited", "banned") else 0)
        wait(lambda: re.search(words, (tmp_path / "log").read_text()))
        written = len(database.lines)
        assert json.loads(ask("/health"))["status"] == "healthy"
        (tmp_path / "exchange").write_text("")
        if kind == "bad-key":
            assert quiet(database)  # until it is restarted
        else:
            wait(lambda: len(database.lines) > written)


def test_a_limit_ends_by_itself(database: Database, tmp_path: Path) -> None:
    """After its time points come again."""
    with feeding("market", database, tmp_path / "log"):
        break_it(tmp_path, "rate-limited", 2)
        wait(lambda: "HTTP 429" in (tmp_path / "log").read_text())
        written = len(database.lines)
        wait(lambda: len(database.lines) > written)


def test_a_silent_feeder_says_nothing(database: Database, tmp_path: Path) -> None:
    """It hangs: no points and no lines, and health says healthy."""
    with feeding("market", database, tmp_path / "log") as ask:
        (tmp_path / "silent").touch()
        wait(lambda: quiet(database))
        assert json.loads(ask("/health"))["status"] == "healthy"


def quiet(database: Database) -> bool:
    """Whether nothing comes any more."""
    before = len(database.lines)
    time.sleep(0.2)
    return len(database.lines) == before


def test_the_outside_can_be_lost(database: Database, tmp_path: Path) -> None:
    """The ports that stand for the exchange and two other hosts accept, until the network is gone."""
    with feeding("market", database, tmp_path / "log"):
        port = int((tmp_path / "port").read_text())
        wait(lambda: accepts(port))
        break_it(tmp_path, "no-network")
        wait(lambda: not accepts(port))
        (tmp_path / "exchange").write_text("")
        wait(lambda: accepts(port))


def accepts(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
