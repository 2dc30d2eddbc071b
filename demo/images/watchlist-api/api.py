"""The demo's watchlist API: health with a real query to PostgreSQL, register and login. Nothing else.

The real one is a FastAPI program; this one has its answers and needs only Debian's python3 and psycopg2.
"""

import base64
import hashlib
import hmac
import json
import logging
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg2

VERSION = "1.0.0-demo"
STARTED = time.monotonic()
TOKEN_LASTS = 3600
LARGEST = 10_000
log = logging.getLogger("watchlist-api")


class Asked(Exception):  # noqa: N818 - an answer that is not 200
    """A request that is answered with an error, as FastAPI words it."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def query(statement: str, *values: str) -> list[tuple[Any, ...]]:
    """One statement on a connection of its own; two seconds for connecting."""
    told = os.environ
    line = psycopg2.connect(
        host=told.get("POSTGRES_HOST", "postgres"),
        dbname=told["POSTGRES_DB"],
        user=told["POSTGRES_USER"],
        password=told["POSTGRES_PASSWORD"],
        connect_timeout=2,
        options="-c statement_timeout=2000",
    )
    try:
        with line, line.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()
    finally:
        line.close()


def health() -> tuple[int, dict[str, Any]]:
    """Healthy when the database answers a query."""
    try:
        query("SELECT count(*) FROM api_users")
        well = True
    except psycopg2.Error as error:
        log.error("database: %s", str(error).strip())  # noqa: TRY400
        well = False
    told = {"status": "healthy" if well else "unhealthy", "database": "connected" if well else "disconnected"}
    return (200 if well else 503), {
        **told,
        "uptime": round(time.monotonic() - STARTED, 1),
        "version": VERSION,
    }


def register(told: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A new user."""
    name, password = credentials(told)
    salt = os.urandom(16)
    kept = salt.hex() + digest(password, salt)
    made = query(
        "INSERT INTO api_users (username, password) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id",
        name,
        kept,
    )
    if not made:
        raise Asked(409, "Username already registered")
    return 201, {"id": made[0][0], "username": name}


def login(told: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A token for a known user."""
    name, password = credentials(told)
    found = query("SELECT password FROM api_users WHERE username = %s", name)
    kept = found[0][0] if found else "00" * 16
    if not hmac.compare_digest(kept[32:], digest(password, bytes.fromhex(kept[:32]))):
        raise Asked(401, "Invalid credentials")
    return 200, {"access_token": token(name), "token_type": "bearer"}


def credentials(told: dict[str, Any]) -> tuple[str, str]:
    name, password = told.get("username"), told.get("password")
    if not (isinstance(name, str) and isinstance(password, str) and name and password):
        raise Asked(422, "username and password are required")
    return name, password


def digest(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1).hex()


def token(name: str) -> str:
    """A JSON web token, HS256."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    claims = {"sub": name, "exp": int(time.time()) + TOKEN_LASTS}
    signed = (
        f"{part(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{part(json.dumps(claims).encode())}"
    )
    return f"{signed}.{part(hmac.digest(os.environ['JWT_SECRET'].encode(), signed.encode(), 'sha256'))}"


class Answers(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        if self.path == "/health":
            self.send(*health())
        else:
            self.send(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        act = {"/api/v1/auth/register": register, "/api/v1/auth/login": login}.get(self.path)
        try:
            told = json.loads(
                self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST)) or b"{}"
            )
            self.send(
                *(act(told if isinstance(told, dict) else {}) if act else (404, {"detail": "Not Found"}))
            )
        except ValueError:
            self.send(422, {"detail": "JSON decode error"})
        except Asked as answer:
            self.send(answer.status, {"detail": str(answer)})
        except psycopg2.Error as error:
            log.error("database: %s", str(error).strip())  # noqa: TRY400
            self.send(503, {"detail": "Database unavailable"})

    def send(self, code: int, answer: dict[str, Any]) -> None:
        body = (json.dumps(answer) + "\n").encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Healthchecks come every two seconds: they are not worth a line each."""


def main() -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s [%(levelname)s] %(name)s — %(message)s"
    )
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))
    server = ThreadingHTTPServer(("", 8000), Answers)
    server.daemon_threads = True
    log.info("started: the demo's watchlist API %s", VERSION)
    try:
        server.serve_forever()
    finally:
        log.info("stopped")


main()
