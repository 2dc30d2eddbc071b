"""A stand-in for the feeders of the real stack: what it delivers is made up, and it says so.

    feeder.py market      prices of three symbols, every 1 to 5 seconds
    feeder.py news        headlines, every 1 to 5 seconds

It writes to InfluxDB like the real one, answers like the real one (`/health`, `/metrics`), and asks nobody on
the internet. Like the real one it says "healthy" whatever happens to the data. The exchange that it would ask, and
two hosts of the internet, are ports of its own, so that they can be lost. Standard library only.
"""

import http.client
import json
import logging
import os
import random
import select
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode, urlsplit

KEPT = 1000  # points in memory while InfluxDB is down; the oldest go first
RETRY_EVERY = 10.0
SHORTEST, LONGEST = 1.0, 5.0
SOURCE = "demo"
STARTED = time.monotonic()
# Written by demo/break. The first is gone after a restart; the second says `KIND UNTIL` (a Unix time, 0 for ever).
SILENT = "/dev/shm/demo/silent"
TROUBLE = "/var/lib/demo/exchange"
LOOK_EVERY = 0.5
# A rate limit is waited out a minute at a time.
LONGEST_PAUSE = 60
# The exchange, and two hosts that have nothing to do with it.
OUTSIDE_PORTS = (9001, 9002, 9003)


class Market:
    """A random walk for a few symbols."""

    name = "market-feeder"
    prefix = "market_feeder"
    bucket = "markets"
    note = "demo stand-in for the Binance feeder: made-up prices, written to InfluxDB"

    def __init__(self) -> None:
        self.prices = {"BTCUSDT": 97_000.0, "ETHUSDT": 2_700.0, "SOLUSDT": 190.0}

    def points(self, now: int) -> Iterator[str]:
        """One step of the walk, in line protocol."""
        for symbol, price in self.prices.items():
            self.prices[symbol] = round(price * random.gauss(1, 0.0004), 2)
            tags = f"symbol={symbol},exchange={SOURCE},asset_type=crypto"
            yield f"price,{tags} price={self.prices[symbol]},volume={random.uniform(0.1, 9):.3f} {now}"

    def summary(self) -> str:
        return "made-up prices: " + ", ".join(f"{symbol} {price}" for symbol, price in self.prices.items())


class News:
    """Headlines that nobody wrote."""

    name = "news-feeder"
    prefix = "news_feeder"
    bucket = "news"
    note = "demo stand-in for the news feeder: made-up headlines, written to InfluxDB"
    subjects = ("Copper", "Wheat", "The euro", "Bitcoin", "A bank nobody knows")
    verbs = ("rises", "falls", "does nothing at all", "is said to rise", "surprises")

    def __init__(self) -> None:
        self.last = "none yet"

    def points(self, now: int) -> Iterator[str]:
        """One headline, in line protocol."""
        self.last = f"{random.choice(self.subjects)} {random.choice(self.verbs)} (made up)"
        yield f'news_articles,source={SOURCE},category=markets title="{self.last}",sentiment={random.uniform(-1, 1):.2f} {now}'

    def summary(self) -> str:
        return f"made-up headline: {self.last}"


class Writer:
    """Brings points to InfluxDB, and keeps a thousand of them while it cannot."""

    def __init__(self, bucket: str, log: logging.Logger) -> None:
        self._url = urlsplit(os.environ.get("INFLUXDB_URL", "http://influxdb:8086"))
        asked = {"org": os.environ.get("INFLUXDB_ORG", "bloomberg"), "bucket": bucket, "precision": "ms"}
        self._path = f"/api/v2/write?{urlencode(asked)}"
        self._headers = {"Authorization": f"Token {os.environ.get('INFLUXDB_TOKEN', '')}"}
        self._log = log
        self.waiting: deque[str] = deque(maxlen=KEPT)
        self.last_write = 0.0
        self.errors = 0
        self._not_before = 0.0

    def take(self, points: list[str]) -> None:
        """Write these, after those that wait; after a failure not sooner than in ten seconds."""
        self.waiting.extend(points)
        if time.monotonic() < self._not_before:
            return
        batch = list(self.waiting)
        try:
            self._post("\n".join(batch).encode())
        except OSError as error:
            self.errors += 1
            self._not_before = time.monotonic() + RETRY_EVERY
            self._log.error("InfluxDB write error (source=%s, points=%d): %s", SOURCE, len(batch), error)
            return
        if len(batch) > len(points):
            self._log.info(
                "InfluxDB takes points again: %d that waited are written", len(batch) - len(points)
            )
        self.waiting.clear()
        self.last_write = time.time()

    def _post(self, body: bytes) -> None:
        line = http.client.HTTPConnection(self._url.hostname or "", self._url.port or 8086, timeout=5)
        try:
            line.request("POST", self._path, body, self._headers)
            answer = line.getresponse()
            told = answer.read(500).decode("utf-8", "replace")
        except http.client.HTTPException as error:
            raise OSError(f"{type(error).__name__}: {error}") from None
        finally:
            line.close()
        if answer.status >= http.client.BAD_REQUEST:
            raise OSError(f"HTTP {answer.status}: {told}")


class Exchange:
    """Would be asked for prices. What it refuses is made up; the words are those of Binance."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._stopped = False

    def refuses(self) -> bool:
        """Whether nothing comes from it now; says why, and waits as the real feeder does."""
        kind, left = trouble()
        if self._stopped:
            time.sleep(LOOK_EVERY)
        elif kind == "rate-limited":
            wait = min(left, LONGEST_PAUSE)
            self._log.warning(
                "HTTP 429 from the exchange (code -1003: Too many requests), Retry-After: %d; pausing", wait
            )
            self._pause(kind, wait)
        elif kind == "banned":
            self._log.error(
                "HTTP 418 from the exchange (code -1003: Way too much request weight used; IP banned until %d. "
                "Please use WebSocket Streams for live updates to avoid bans.)",
                (time.time() + left) * 1000,
            )
            self._pause(kind, left)
        elif kind == "bad-key":
            self._log.error(
                "the exchange refused the API key (code -2015: Invalid API-key, IP, or permissions for action.): "
                "source %s stopped",
                SOURCE,
            )
            self._stopped = True
        elif kind == "no-network":
            self._log.error("cannot reach the exchange: [Errno -3] Temporary failure in name resolution")
            self._pause(kind, RETRY_EVERY)
        return bool(kind) or self._stopped

    @staticmethod
    def _pause(kind: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and trouble()[0] == kind:
            time.sleep(LOOK_EVERY)


def trouble() -> tuple[str, float]:
    """What the exchange makes of us now, and for how many seconds more."""
    try:
        kind, until = Path(TROUBLE).read_text("ascii").split()
        left = float(until) - time.time()
    except (OSError, ValueError):
        return "", 0.0
    if until == "0":
        return kind, 3600.0
    return (kind, left) if left > 0 else ("", 0.0)


def be_the_outside() -> None:
    """Accept connections at the ports that stand for the outside, as long as there is a network."""
    servers: list[socket.socket] = []
    while True:
        there = trouble()[0] != "no-network"
        if there and not servers:
            servers = [socket.create_server(("", port), backlog=16) for port in OUTSIDE_PORTS]
        elif not there:
            for server in servers:
                server.close()
            servers = []
        ready, _, _ = select.select(servers, (), (), LOOK_EVERY)
        for server in ready:
            server.accept()[0].close()


class Feeder(ThreadingHTTPServer):
    """What is made up, who writes it, and who answers for it."""

    daemon_threads = True

    def __init__(self, made_up: Market | News, port: int) -> None:
        self.made_up = made_up
        self.log = logging.getLogger(made_up.name)
        self.writer = Writer(made_up.bucket, self.log.getChild("writer"))
        self.exchange = Exchange(self.log.getChild("exchange"))
        super().__init__(("", port), Answers)

    def deliver_for_ever(self) -> None:
        ticks = 0
        while True:
            if Path(SILENT).exists():
                time.sleep(LOOK_EVERY)  # hung: it says nothing, and does nothing
                continue
            if self.exchange.refuses():
                continue
            self.writer.take(list(self.made_up.points(time.time_ns() // 10**6)))
            if ticks % 15 == 0:
                self.log.getChild("writer").info("%s", self.made_up.summary())
            ticks += 1
            time.sleep(random.uniform(SHORTEST, LONGEST))

    def health(self) -> dict[str, object]:
        return {
            "status": "healthy",
            "service": self.made_up.name,
            "uptime_seconds": round(time.monotonic() - STARTED, 1),
            "note": self.made_up.note,
        }

    def metrics(self) -> str:
        prefix, labels = self.made_up.prefix, f'{{source="{SOURCE}"}}'
        return (
            f"# HELP {prefix}_last_write_timestamp Unix time of the last point that InfluxDB took (made up).\n"
            f"# TYPE {prefix}_last_write_timestamp gauge\n"
            f"{prefix}_last_write_timestamp{labels} {self.writer.last_write:.3f}\n"
            f"# HELP {prefix}_write_errors_total Writes that InfluxDB did not take.\n"
            f"# TYPE {prefix}_write_errors_total counter\n"
            f"{prefix}_write_errors_total{labels} {self.writer.errors}\n"
            f"# HELP {prefix}_active_sources Sources that deliver.\n"
            f"# TYPE {prefix}_active_sources gauge\n"
            f"{prefix}_active_sources 1\n"
        )


class Answers(BaseHTTPRequestHandler):
    """GET /health and /metrics."""

    server: Feeder

    def do_GET(self) -> None:
        if self.path == "/health":
            self.send(200, json.dumps(self.server.health()) + "\n", "application/json")
        elif self.path == "/metrics":
            self.send(200, self.server.metrics(), "text/plain; version=0.0.4")
        else:
            self.send(404, '{"error": "not found", "try": ["/health", "/metrics"]}\n', "application/json")

    def send(self, code: int, text: str, content_type: str) -> None:
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Healthchecks come every two seconds: they are not worth a line each."""


def main() -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s [%(levelname)s] %(name)s — %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
    )
    made_up = {"market": Market, "news": News}[sys.argv[1]]()
    feeder = Feeder(made_up, int(os.environ.get("PORT", "8080")))
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))
    log = feeder.log.getChild("main")
    log.info("started: %s", made_up.note)
    threading.Thread(target=feeder.deliver_for_ever, daemon=True).start()
    if sys.argv[1] == "market":
        threading.Thread(target=be_the_outside, daemon=True).start()
    try:
        feeder.serve_forever()
    finally:
        log.info("stopped")


if __name__ == "__main__":
    main()
