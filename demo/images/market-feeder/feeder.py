"""A stand-in for the Binance feeder of the real stack: its prices are made up, and it says so.

It answers like the real one (`/health`, `/metrics`), keeps its prices in memory, and asks nobody
on the internet. Standard library only.
"""

import json
import logging
import random
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

UNHEALTHY_FLAG = Path("/run/demo/unhealthy")  # made by demo/break unhealthy
NOTE = "demo stand-in for the Binance feeder: made-up prices, kept in memory"
SOURCE = "demo"
STARTED = time.monotonic()

logging.basicConfig(
    stream=sys.stderr,
    level=logging.INFO,
    format="%(asctime)s [%(levelname)s] market-feeder.%(name)s — %(message)s",
    datefmt="%Y-%m-%d %H:%M:%S",
)


class Prices:
    """A random walk for a few symbols, one step a second."""

    def __init__(self) -> None:
        self.latest = {"BTCUSDT": 97_000.0, "ETHUSDT": 2_700.0, "SOLUSDT": 190.0}
        self.last_write = time.time()

    def walk_forever(self) -> None:
        ticks = 0
        while True:
            for symbol, price in self.latest.items():
                self.latest[symbol] = round(price * random.gauss(1, 0.0004), 2)
            self.last_write = time.time()
            if ticks % 30 == 0:
                line = ", ".join(f"{symbol} {price}" for symbol, price in self.latest.items())
                logging.getLogger("writer").info("made-up prices: %s", line)
            ticks += 1
            time.sleep(1)

    def metrics(self) -> str:
        return (
            "# HELP market_feeder_last_write_timestamp Unix time of the last price (made up).\n"
            "# TYPE market_feeder_last_write_timestamp gauge\n"
            f'market_feeder_last_write_timestamp{{source="{SOURCE}"}} {self.last_write:.3f}\n'
            "# HELP market_feeder_write_errors_total Prices that could not be kept.\n"
            "# TYPE market_feeder_write_errors_total counter\n"
            f'market_feeder_write_errors_total{{source="{SOURCE}"}} 0\n'
            "# HELP market_feeder_active_sources Sources that deliver prices.\n"
            "# TYPE market_feeder_active_sources gauge\n"
            "market_feeder_active_sources 1\n"
        )


PRICES = Prices()


class Answers(BaseHTTPRequestHandler):
    """GET /health, /metrics and /prices."""

    def do_GET(self) -> None:
        if self.path == "/health":
            self.send_health()
        elif self.path == "/metrics":
            self.send(200, PRICES.metrics(), "text/plain; version=0.0.4")
        elif self.path == "/prices":
            self.send_json(200, {"note": NOTE, "prices": PRICES.latest})
        else:
            self.send_json(404, {"error": "not found", "try": ["/health", "/metrics", "/prices"]})

    def send_health(self) -> None:
        told_to_fail = UNHEALTHY_FLAG.exists()
        answer = {
            "status": "unhealthy" if told_to_fail else "healthy",
            "service": "market-feeder",
            "uptime_seconds": round(time.monotonic() - STARTED, 1),
            "note": NOTE,
        }
        self.send_json(503 if told_to_fail else 200, answer)

    def send_json(self, code: int, answer: dict[str, object]) -> None:
        self.send(code, json.dumps(answer) + "\n", "application/json")

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
    log = logging.getLogger("main")
    server = ThreadingHTTPServer(("", 8080), Answers)
    server.daemon_threads = True
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))
    log.info("started: %s", NOTE)
    threading.Thread(target=PRICES.walk_forever, daemon=True).start()
    try:
        server.serve_forever()
    finally:
        log.info("stopped")


main()
