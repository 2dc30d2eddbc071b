"""The HTTP side: paths, tokens, and the words of InfluxDB's errors."""

import gzip
import json
import os
import re
import sqlite3
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import NOTE, VERSION, lines, tables
from .errors import Refused
from .flux import nanoseconds
from .store import Bucket, Store
from .wal import Wal

BROKEN = "engine: error writing WAL entry: no space left on device"
STARTED = time.monotonic()
OPEN = ("/health", "/ping", "/ready", "/metrics")
PREDICATE = re.compile(r'\s*"?([\w.-]+)"?\s*=\s*"?((?:\\.|[^"\\])*?)"?\s*')


def log(level: str, message: str, **more: object) -> None:
    """A line in the manner of InfluxDB's log."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    words = "".join(f" {name}={json.dumps(str(value))}" for name, value in more.items())
    print(f'ts={stamp} lvl={level} msg="{message}" log_id=stand-in{words}', file=sys.stderr, flush=True)


class InfluxServer(ThreadingHTTPServer):
    """Serves one store."""

    daemon_threads = True
    # A crash of the process must not keep the port from the next one.
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], store: Store) -> None:
        self.store = store
        self.requests = 0
        # Whether writing met a full disk. The real one then refuses writes (5xx) until it is started anew, also once
        # there is room, keeps them in memory all the same and answers from there, and loses them with its restart
        # (influxdata/influxdb issues 23126, 24460, 9923).
        self.broken = False
        self.breaks = bool(os.environ.get("STAND_IN_BREAKS_WHEN_FULL"))
        self.wal = Wal(os.environ.get("STAND_IN_WAL", ""))
        super().__init__(address, Answers)


class Answers(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: InfluxServer

    def do_GET(self) -> None:
        self.respond("GET")

    def do_HEAD(self) -> None:
        self.respond("HEAD")

    def do_POST(self) -> None:
        self.respond("POST")

    def do_PATCH(self) -> None:
        self.respond("PATCH")

    def respond(self, method: str) -> None:
        """Answer, whatever happens."""
        self.server.requests += 1
        address = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        try:
            self.body = self.read_body()
            if address.path not in OPEN:
                self.check_token()
            self.route(method, address.path)
        except Refused as refused:
            self.send_error_json(refused.code, refused.message, refused.status)
        except (sqlite3.OperationalError, OSError) as error:
            self.fail_on_disk(error)

    def fail_on_disk(self, error: Exception) -> None:
        full = "full" in str(error) or "no space left" in str(error).lower()
        self.server.broken = self.server.broken or (full and self.server.breaks and "write" in self.path)
        what = "no space left on device" if full else str(error)
        log("error", "Failed to write points" if "write" in self.path else "Failed", error=what)
        self.send_error_json("internal error", f"unexpected error writing points to database: {what}", 500)

    def read_body(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def check_token(self) -> None:
        kind, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if kind not in ("Token", "Bearer") or not self.server.store.accepts(token.strip()):
            raise Refused("unauthorized", "unauthorized access")

    def route(self, method: str, path: str) -> None:
        if answer := ROUTES.get((method, path)):
            answer(self)
        elif found := re.fullmatch(r"/api/v2/buckets/([0-9a-f]+)", path):
            bucket = self.bucket(found[1])
            if method == "PATCH":
                bucket = self.changed(bucket)
            elif method != "GET":
                raise Refused("method not allowed", "method not allowed")
            self.send_json(200, self.shape(bucket))
        else:
            raise Refused("not found", "path not found")

    # --- what is asked ---

    def send_health(self) -> None:
        answer = {
            "name": "influxdb",
            "message": "ready for queries and writes",
            "status": "pass",
            "checks": [],
        }
        self.send_json(200, {**answer, "version": VERSION, "commit": "none", "stand-in": True, "note": NOTE})

    def send_nothing(self) -> None:
        self.send(HTTPStatus.NO_CONTENT, b"")

    def send_ready(self) -> None:
        self.send_json(200, {"status": "ready", "up": f"{time.monotonic() - STARTED:.3f}s"})

    def send_metrics(self) -> None:
        store = self.server.store
        told = (
            f"# HELP http_api_requests_total Requests to this stand-in.\n# TYPE http_api_requests_total counter\n"
            f"http_api_requests_total {self.server.requests}\n"
            f"# HELP influxdb_buckets_total Number of total buckets on the server\n"
            f"# TYPE influxdb_buckets_total counter\ninfluxdb_buckets_total {len(store.buckets())}\n"
            f"# HELP storage_shard_disk_size Bytes of all shards\n# TYPE storage_shard_disk_size gauge\n"
            f"storage_shard_disk_size {store.size()}\n"
        )
        self.send(200, told.encode(), "text/plain; version=0.0.4")

    def write(self) -> None:
        bucket = self.named_bucket("bucket", 'bucket "{}" not found')
        rows = lines.parse(
            self.body.decode("utf-8", "replace"), self.query.get("precision", "ns"), time.time_ns()
        )
        if self.server.broken:
            self.server.store.remember(bucket, rows)
            raise OSError(BROKEN)
        try:
            self.server.wal.append(self.body)
            dropped = self.server.store.write(bucket, rows)
        except (sqlite3.OperationalError, OSError):
            if self.server.breaks:
                self.server.store.remember(bucket, rows)
            raise
        if dropped:
            partial = f"partial write: points beyond retention policy dropped={dropped}"
            raise Refused("unprocessable entity", f"failure writing points to database: {partial}")
        self.send_nothing()

    def answer_query(self) -> None:
        self.check_org()
        text = self.body.decode("utf-8", "replace")
        if "json" in (self.headers.get("Content-Type") or "application/json"):
            text = str(self.json().get("query", ""))
        if not text.strip():
            raise Refused("invalid", "request body requires either query or AST")
        self.send(200, tables.answer(self.server.store, text).encode(), "text/csv; charset=utf-8")

    def delete(self) -> None:
        bucket = self.named_bucket("bucket", 'bucket "{}" not found')
        asked, equal = self.json(), {}
        for part in re.split(r"\s+and\s+", str(asked.get("predicate", "")), flags=re.IGNORECASE):
            if not part.strip():
                continue
            found = PREDICATE.fullmatch(part)
            if found is None or "!=" in part:
                raise Refused(
                    "invalid", f"invalid request; error parsing request json: bad predicate: {part}"
                )
            equal[found[1]] = found[2]
        try:
            start, stop = nanoseconds(str(asked["start"])), nanoseconds(str(asked["stop"]))
        except (KeyError, ValueError):
            raise Refused(
                "invalid", "invalid request; error parsing request json: start and stop must be RFC3339"
            ) from None
        self.server.store.delete(bucket, start, stop, equal)
        self.send_nothing()

    def send_orgs(self) -> None:
        name, number = self.server.store.organisation()
        if self.query.get("org", name) != name:
            raise Refused("not found", f'organization name "{self.query["org"]}" not found')
        self.send_json(200, {"links": {"self": "/api/v2/orgs"}, "orgs": [{"id": number, "name": name}]})

    def send_buckets(self) -> None:
        name, number = self.query.get("name"), self.query.get("id")
        found = self.server.store.buckets()
        if name is not None:
            found = [bucket for bucket in found if bucket.name == name]
        if number is not None:
            found = [bucket for bucket in found if bucket.id == number]
        offset, limit = int(self.query.get("offset", 0)), int(self.query.get("limit", 20))
        page = [self.shape(bucket) for bucket in found[offset : offset + limit]]
        if self.query.get("after"):
            page = []
        self.send_json(200, {"links": {"self": "/api/v2/buckets"}, "buckets": page})

    def create_bucket(self) -> None:
        asked = self.json()
        if not asked.get("name"):
            raise Refused("invalid", "bucket name is required")
        every, shard = self.retention(asked)
        self.send_json(201, self.shape(self.server.store.create(str(asked["name"]), every or 0, shard)))

    def changed(self, bucket: Bucket) -> Bucket:
        every, shard = self.retention(self.json())
        return bucket if every is None else self.server.store.change(bucket, every, shard)

    # --- parts ---

    def json(self) -> dict[str, Any]:
        try:
            asked = json.loads(self.body or b"{}")
        except ValueError:
            raise Refused("invalid", "invalid json") from None
        if not isinstance(asked, dict):
            raise Refused("invalid", "invalid json structure")
        return asked

    @staticmethod
    def retention(asked: dict[str, Any]) -> tuple[int | None, int]:
        """The seconds of its retention (None: nothing was said) and of its shard groups (0: choose)."""
        if (rules := asked.get("retentionRules")) is None:
            return None, 0
        rule = rules[0] if rules else {}
        return int(rule.get("everySeconds") or 0), int(rule.get("shardGroupDurationSeconds") or 0)

    def check_org(self) -> None:
        name, number = self.server.store.organisation()
        asked = self.query.get("org") or self.query.get("orgID")
        if asked is None:
            raise Refused("invalid", "Please provide either orgID or org")
        if asked not in (name, number):
            raise Refused("not found", f'organization name "{asked}" not found')

    def named_bucket(self, key: str, missing: str) -> Bucket:
        self.check_org()
        wanted = self.query.get(key) or self.query.get(f"{key}ID", "")
        for bucket in self.server.store.buckets():
            if wanted in (bucket.name, bucket.id):
                return bucket
        raise Refused("not found", missing.format(wanted))

    def bucket(self, number: str) -> Bucket:
        for bucket in self.server.store.buckets():
            if bucket.id == number:
                return bucket
        raise Refused("not found", "bucket not found")

    def shape(self, bucket: Bucket) -> dict[str, Any]:
        rule = {"type": "expire", "everySeconds": bucket.every, "shardGroupDurationSeconds": bucket.shard}
        stamp = {name: tables.rfc3339(int(at * 10**9)) for name, at in
                 (("createdAt", bucket.created), ("updatedAt", bucket.updated))}  # fmt: skip
        return {
            "id": bucket.id,
            "orgID": self.server.store.organisation()[1],
            "type": "user",
            "name": bucket.name,
            "retentionRules": [rule],
            **stamp,
            "labels": [],
            "links": {"self": f"/api/v2/buckets/{bucket.id}"},
        }

    def send_error_json(self, code: str, message: str, status: int) -> None:
        body = json.dumps({"code": code, "message": message}).encode()
        self.send(status, body, "application/json; charset=utf-8", {"X-Platform-Error-Code": code})

    def send_json(self, status: int, answer: dict[str, Any]) -> None:
        self.send(status, json.dumps(answer, indent="\t").encode(), "application/json; charset=utf-8")

    def send(self, status: int, body: bytes, kind: str = "", more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        headers = {"X-Influxdb-Build": "OSS", "X-Influxdb-Version": VERSION, **(more or {})}
        if body:
            headers["Content-Type"] = kind
        if status != HTTPStatus.NO_CONTENT:
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Writes come every second: they are not worth a line each."""


ROUTES: dict[tuple[str, str], Callable[[Answers], None]] = {
    ("GET", "/health"): Answers.send_health,
    ("HEAD", "/health"): Answers.send_health,
    ("GET", "/ping"): Answers.send_nothing,
    ("HEAD", "/ping"): Answers.send_nothing,
    ("GET", "/ready"): Answers.send_ready,
    ("GET", "/metrics"): Answers.send_metrics,
    ("POST", "/api/v2/write"): Answers.write,
    ("POST", "/api/v2/query"): Answers.answer_query,
    ("POST", "/api/v2/delete"): Answers.delete,
    ("GET", "/api/v2/orgs"): Answers.send_orgs,
    ("GET", "/api/v2/buckets"): Answers.send_buckets,
    ("POST", "/api/v2/buckets"): Answers.create_bucket,
}
