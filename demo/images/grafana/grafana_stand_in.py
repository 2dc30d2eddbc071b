"""A stand-in for Grafana 11, where no registry gives upstream's image. It is not Grafana, and says so.

It answers what the demo asks of Grafana, in the shapes of its HTTP API
(https://grafana.com/docs/grafana/v11.4/developers/http_api/): /api/health, /login, and a refusal for the rest.
Standard library only.
"""

import configparser
import hmac
import json
import os
import signal
import sqlite3
import sys
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NOTE = "demo stand-in for Grafana 11: a health answer and a login page, no dashboards"
VERSION = "11.4.0-stand-in"
SETTINGS = Path(os.environ.get("GF_PATHS_CONFIG", "/etc/grafana/grafana.ini"))
DATA = Path(os.environ.get("GF_PATHS_DATA", "/var/lib/grafana"))
PAGE = f"<!doctype html><html lang=en><title>Grafana (stand-in)</title><h1>Welcome to a stand-in</h1><p>{NOTE}</p></html>\n"


def log(level: str, message: str) -> None:
    """A line in the manner of Grafana's log."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    print(f'logger=stand-in t={stamp} level={level} msg="{message}"', file=sys.stderr, flush=True)


def read_port() -> int:
    """The port of grafana.ini."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read_string("[DEFAULT]\n" + (SETTINGS.read_text() if SETTINGS.exists() else ""))
    return int(os.environ.get("GF_SERVER_HTTP_PORT") or settings.get("server", "http_port", fallback="3000"))


def database_answers() -> bool:
    """Whether its database (a file, as Grafana's own by default) can be opened and read."""
    try:
        with sqlite3.connect(DATA / "grafana.db", timeout=1) as database:
            database.execute("CREATE TABLE IF NOT EXISTS seen (at TEXT)")
            database.execute("SELECT count(*) FROM seen").fetchone()
        database.close()
    except sqlite3.Error:
        return False
    return True


class Answers(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/api/health":
            self.send_health()
        elif path == "/login":
            self.send(200, PAGE, "text/html; charset=UTF-8")
        elif path.startswith("/api/"):
            self.send_json(401, {"message": "Unauthorized", "statusCode": 401})
        elif path == "/metrics":
            self.send(200, "# TYPE grafana_stand_in gauge\ngrafana_stand_in 1\n", "text/plain; version=0.0.4")
        else:
            self.send(302, "", "text/html; charset=utf-8", {"Location": "/login"})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        try:
            told = json.loads(self.rfile.read(length) or b"{}")
            user, password = str(told.get("user", "")), str(told.get("password", ""))
        except (ValueError, AttributeError):
            user = password = ""
        if self.path != "/login":
            self.send_json(401, {"message": "Unauthorized", "statusCode": 401})
        elif known(user, password):
            self.send_json(200, {"message": "Logged in", "redirectUrl": "/"})
        else:
            self.send_json(
                401, {"message": "Invalid username or password", "messageId": "password-auth.failed"}
            )

    def send_health(self) -> None:
        well = database_answers()
        answer = {"database": "ok" if well else "failing", "version": VERSION, "commit": "none"}
        self.send_json(200 if well else 503, {**answer, "stand-in": True, "note": NOTE})

    def send_json(self, code: int, answer: dict[str, object]) -> None:
        self.send(code, json.dumps(answer, indent=2) + "\n", "application/json; charset=UTF-8")

    def send(self, code: int, text: str, kind: str, more: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(code)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Healthchecks come every two seconds: they are not worth a line each."""


def known(user: str, password: str) -> bool:
    """Whether these are the administrator's."""
    wanted = (
        os.environ.get("GF_SECURITY_ADMIN_USER", "admin"),
        os.environ.get("GF_SECURITY_ADMIN_PASSWORD", ""),
    )
    return bool(wanted[1]) and hmac.compare_digest(f"{user}\0{password}".encode(), "\0".join(wanted).encode())


def main() -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))
    server = ThreadingHTTPServer(("", read_port()), Answers)
    server.daemon_threads = True
    log("info", f"This is not Grafana: {NOTE}")
    log("info", f"HTTP Server Listen on port {server.server_port}")
    try:
        server.serve_forever()
    finally:
        log("info", "Stopped")


main()
