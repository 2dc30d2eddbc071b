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
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import NOTE, VERSION, lines, tables
from .errors import Refused
from .flux import nanoseconds
from .store import MONITORING, Broken, Bucket, Store
from .wal import Wal

STARTED = time.monotonic()
OPEN = ("/health", "/ping", "/ready", "/metrics")
PREDICATE = re.compile(r'\s*"?(\w[\w.]*)"?\s*(!?=)\s*("(?:\\.|[^"\\])*"|[\w.-]+)\s*')
NO_DATA = (
    'this Flux script returns no streaming data. Consider adding a "yield" or invoking streaming functions directly, '
    "without performing an assignment"
)
EARLIEST, LATEST = -(2**63) + 2, 2**63 - 2


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
        # The shard groups whose writing met a full disk. The real one (seen with 2.7.12) then refuses what is written to
        # them (500) until it is started anew, also once there is room, keeps it in memory all the same and answers
        # from there, and loses it with its restart. Its log says nothing of that; its bucket `_monitoring` does.
        self.broken: set[Path] = set()
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

    def do_DELETE(self) -> None:
        self.respond("DELETE")

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
        what = "no space left on device" if full else str(error)
        log("error", "Failed", error=what)
        self.send_error_json("internal error", f"unable to do that: {what}", 500)

    def read_body(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        except (OSError, EOFError):
            unsaid = "An internal error has occurred - check server logs"
            raise Refused("internal error", unsaid) from None

    def check_token(self) -> None:
        kind, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if kind.lower() not in ("token", "bearer") or not self.server.store.accepts(token):
            raise Refused("unauthorized", "unauthorized access")

    def route(self, method: str, path: str) -> None:
        if answer := ROUTES.get((method, path)):
            answer(self)
        elif found := re.fullmatch(r"/api/v2/buckets/([^/]+)", path):
            bucket = self.bucket(found[1])
            if method == "DELETE":
                self.server.store.remove(bucket)
                self.send_nothing()
                return
            if method == "PATCH":
                bucket = self.changed(bucket)
            elif method != "GET":
                raise Refused("method not allowed", "allow: DELETE, GET, OPTIONS, PATCH")
            self.send_json(200, self.shape(bucket))
        elif allowed := sorted(known for known, there in ROUTES if there == path):
            raise Refused("method not allowed", "allow: " + ", ".join(sorted({*allowed, "OPTIONS"})))
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
        up = time.monotonic() - STARTED
        started = tables.rfc3339(time.time_ns() - int(up * 10**9))
        self.send_json(200, {"status": "ready", "started": started, "up": f"{up:.3f}s"})

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
        try:
            left_out = self.keep(bucket, rows, self.body)
            if left_out:
                self.record(left_out)
        except (Broken, sqlite3.OperationalError, OSError) as error:
            unexpected = "unexpected error writing points to database"
            raise Refused("internal error", f"{unexpected}: {self.record(str(error))}") from None
        if left_out:
            raise Refused("unprocessable entity", f"failure writing points to database: {left_out}")
        self.send_nothing()

    def keep(self, bucket: Bucket, rows: list[lines.Row], body: bytes) -> str:
        """Write them; what was left out, in InfluxDB's words. Raises what is known of a disk that does not take them."""
        try:
            self.write_ahead(bucket, rows, body)
            return self.server.store.write(bucket, rows, self.server.broken)
        except Broken as broken:
            if self.server.breaks:
                self.server.broken.add(broken.path)
                self.server.store.remember(bucket, rows)
            raise

    def write_ahead(self, bucket: Bucket, rows: list[lines.Row], body: bytes) -> None:
        try:
            self.server.wal.append(body)
        except OSError as error:
            if rows:
                raise Broken(self.server.store.path_of(bucket, rows[0]), bucket, "engine: ") from error

    def record(self, error: str) -> str:
        """Of each write that it refuses InfluxDB makes a point; of two errors it tells the one that this meets."""
        row = lines.Row("write_errors", "{}", "error", time.time_ns(), error)
        (monitoring,) = (known for known in self.server.store.buckets() if known.name == MONITORING)
        try:
            self.keep(monitoring, [row], error.encode())
        except (Broken, sqlite3.OperationalError, OSError) as worse:
            return str(worse)
        return error

    def answer_query(self) -> None:
        try:
            text, dialect = self.question()
        except Refused as refused:
            raise Refused("invalid", f"failed to decode request body: {refused.message}") from None
        if not text.strip():
            raise Refused("invalid", f"error in query specification while starting program: {NO_DATA}")
        answer = tables.answer(self.server.store, text, dialect)
        self.send(200, answer.encode(), "text/csv; charset=utf-8", {"Vary": "Accept-Encoding"})

    def question(self) -> tuple[str, tables.Dialect]:
        """The query, and how its answer is to look."""
        self.check_org()
        text, asked = self.body.decode("utf-8", "replace"), {}
        if "vnd.flux" not in (self.headers.get("Content-Type") or ""):
            asked = self.json(
                "failed parsing request body as JSON; if sending a raw Flux script, set 'Content-Type: "
                "application/vnd.flux' in your request headers: unexpected EOF"
            )
            text = str(asked.get("query", ""))
        if asked.get("type", "flux") != "flux":
            raise Refused("invalid", f"unknown query type: {asked['type']}")
        if not text:
            raise Refused("invalid", "request body requires either query or AST")
        return text, tables.Dialect.of(asked.get("dialect") or {})

    def delete(self) -> None:
        decoding = "error decoding json body: "
        if not self.body:
            raise Refused("invalid", f"{decoding}EOF")
        asked = self.json(f"{decoding}unexpected EOF")
        start, stop = (self.moment(asked, name, decoding) for name in ("start", "stop"))
        wanted = read_predicate(str(asked.get("predicate", "")), decoding)
        self.check_org()
        if not (self.query.get("bucket") or self.query.get("bucketID")):
            raise Refused("invalid", "Please provide either bucketID or bucket")
        self.server.store.delete(self.named_bucket("bucket", 'bucket "{}" not found'), start, stop, wanted)
        self.send_nothing()

    @staticmethod
    def moment(asked: dict[str, Any], name: str, decoding: str) -> int:
        example = {"start": "2009-01-02T23:00:00Z", "stop": "2009-01-01T23:00:00Z"}[name]
        try:
            at = nanoseconds(str(asked[name]), dates=False)
        except (KeyError, ValueError):
            form = f"please format your time with RFC3339Nano format, example: {example}"
            raise Refused("invalid", f"{decoding}invalid RFC3339Nano for field {name}, {form}") from None
        if not EARLIEST <= at <= LATEST:
            bound = f"{name} time must not be {'before' if at < 0 else 'after'}"
            edge = tables.rfc3339(EARLIEST if at < 0 else LATEST)
            raise Refused("invalid", f"{decoding}invalid {name} time, {bound} {edge}")
        return at

    def send_orgs(self) -> None:
        name, number = self.server.store.organisation()
        self.check_named_org()
        self.send_json(200, {"links": {"self": "/api/v2/orgs"}, "orgs": [{"id": number, "name": name}]})

    def send_buckets(self) -> None:
        limit, offset = self.number("limit", 20), max(0, self.number("offset", 0))
        if not 1 <= limit <= 100:  # noqa: PLR2004 - as InfluxDB says it
            raise Refused("invalid", "limit must be between 1 and 100")
        self.check_named_org()
        found = self.server.store.buckets()
        if (number := self.query.get("id")) is not None:
            found = [self.bucket(number)]
        elif (name := self.query.get("name")) is not None:
            found = [bucket for bucket in found if bucket.name == name]
            if not found and (self.query.get("org") or self.query.get("orgID")):
                raise Refused("not found", f'bucket "{name}" not found')
        elif not (self.query.get("org") or self.query.get("orgID")):
            found.sort(key=lambda bucket: bucket.id)  # by name only within an organisation
        if after := self.query.get("after"):
            ids = [bucket.id for bucket in found]
            found = found[ids.index(after) + 1 :] if after in ids else []
        page = found[offset : offset + limit]
        links = {"self": f"/api/v2/buckets?descending=false&limit={limit}&offset={offset}"}
        if len(page) == limit:
            links["next"] = f"/api/v2/buckets?descending=false&limit={limit}&offset={offset + limit}"
        self.send_json(200, {"links": links, "buckets": [self.shape(bucket) for bucket in page]})

    def create_bucket(self) -> None:
        asked = self.json("failed to unmarshal json: unexpected EOF")
        organisation = asked.get("orgID")
        if not organisation:
            raise Refused("invalid", "organization id must be provided")
        if organisation != self.server.store.organisation()[1]:
            raise Refused("not found", "organization not found")
        every, shard = self.retention(asked)
        name = str(asked.get("name") or "")
        self.send_json(201, self.shape(self.server.store.create(name, every or 0, shard)))

    def changed(self, bucket: Bucket) -> Bucket:
        ending = "EOF" if not self.body else "unexpected EOF"
        every, shard = self.retention(self.json(f"failed to unmarshal json: {ending}"))
        return bucket if every is None and not shard else self.server.store.change(bucket, every, shard)

    # --- parts ---

    def json(self, wrong: str) -> dict[str, Any]:
        """The body. Raises `Refused` in these words for what is no object."""
        try:
            asked = json.loads(self.body)
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            raise Refused("invalid", wrong)
        return asked

    def number(self, name: str, otherwise: int) -> int:
        try:
            return int(self.query.get(name, otherwise))
        except ValueError:
            raise Refused("invalid", f"{name} is invalid") from None

    @staticmethod
    def retention(asked: dict[str, Any]) -> tuple[int | None, int]:
        """The seconds of its retention (None: nothing was said) and of its shard groups (0: as they are, or choose)."""
        rule = next(iter(asked.get("retentionRules") or ()), {})
        try:
            every = rule.get("everySeconds")
            return None if every is None else every + 0, rule.get("shardGroupDurationSeconds", 0) + 0
        except TypeError:
            raise Refused("invalid", "failed to unmarshal json: a number of seconds is none") from None

    def check_named_org(self) -> None:
        """Where an organisation is named it has to be ours."""
        if self.query.get("org") or self.query.get("orgID"):
            self.check_org()

    def check_org(self) -> None:
        name, number = self.server.store.organisation()
        asked = self.query.get("org") or self.query.get("orgID")
        if asked is None:
            raise Refused("invalid", "Please provide either orgID or org")
        if asked != (name if self.query.get("org") else number):
            named = f'organization name "{asked}" not found'
            raise Refused("not found", named if self.query.get("org") else "organization not found")

    def named_bucket(self, key: str, missing: str) -> Bucket:
        self.check_org()
        wanted = self.query.get(key) or self.query.get(f"{key}ID", "")
        for bucket in self.server.store.buckets():
            if wanted and wanted in (bucket.name, bucket.id):
                return bucket
        raise Refused("not found", missing.format(wanted) if wanted else "bucket not found")

    def bucket(self, number: str) -> Bucket:
        if len(number) != 16:  # noqa: PLR2004 - as InfluxDB says it
            raise Refused("invalid", "id must have a length of 16 bytes")
        for bucket in self.server.store.buckets():
            if bucket.id == number:
                return bucket
        raise Refused("not found", "bucket not found")

    def shape(self, bucket: Bucket) -> dict[str, Any]:
        rule = {"type": "expire", "everySeconds": bucket.every, "shardGroupDurationSeconds": bucket.shard}
        stamp = {name: tables.rfc3339(int(at * 10**9)) for name, at in
                 (("createdAt", bucket.created), ("updatedAt", bucket.updated))}  # fmt: skip
        organisation, itself = self.server.store.organisation()[1], f"/api/v2/buckets/{bucket.id}"
        links = {"org": f"/api/v2/orgs/{organisation}", "self": itself}
        links |= {name: f"{itself}/{name}" for name in ("labels", "members", "owners")}
        return {
            "id": bucket.id,
            "orgID": organisation,
            "type": "system" if bucket.description else "user",
            **({"description": bucket.description} if bucket.description else {}),
            "name": bucket.name,
            "retentionRules": [rule],
            **stamp,
            "links": {**links, "write": f"/api/v2/write?org={organisation}&bucket={bucket.id}"},
            "labels": [],
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


def read_predicate(text: str, decoding: str) -> list[tuple[str, str, str]]:
    """What a delete is narrowed to: tag (or `_measurement`), "=" or "!=", and value; `AND` is all that binds them."""
    wanted = []
    inner = text.strip()
    if inner.startswith("(") and inner.endswith(")"):
        inner = inner[1:-1]
    for part in re.split(r"\s+and\s+", inner, flags=re.IGNORECASE) if inner else ():
        found = PREDICATE.fullmatch(part)
        if found is None:
            raise Refused("invalid", f"{decoding}{object_to(part, text)}")
        if found[1] == "_field":
            raise Refused("not implemented", "delete by field is not supported")
        value = found[3]
        plain = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        wanted.append((found[1], found[2], plain))
    return wanted


def object_to(part: str, whole: str) -> str:
    """In InfluxDB's words."""
    if either := re.search(r"\sOR\s", part, re.IGNORECASE):
        at = whole.find(part) + either.start() + 1
        return f"the logical operator OR is not supported yet at position {at}"
    named = re.match(r'\s*"?\w+"?\s*', part)
    at = named.end() if named else 0
    if pattern := re.match(r"[=!]~", part[at:]):
        return f'operator: "{pattern[0]}" at position: {at} is not supported yet'
    if part[at : at + 1] == "=":
        told = part[at + 1 :].strip().strip("'")
        return f'bad tag value: "{told}", at position {at + 1 - bool(told)}'
    return f'invalid operator "{part[at : at + 1] or "EOF"}" at position: {at if part[at:] else at + 1}'


ROUTES: dict[tuple[str, str], Callable[[Answers], None]] = {
    ("GET", "/health"): Answers.send_health,
    ("HEAD", "/health"): Answers.send_health,
    ("GET", "/ping"): Answers.send_nothing,
    ("HEAD", "/ping"): Answers.send_nothing,
    ("GET", "/ready"): Answers.send_ready,
    ("HEAD", "/ready"): Answers.send_ready,
    ("GET", "/metrics"): Answers.send_metrics,
    ("POST", "/api/v2/write"): Answers.write,
    ("POST", "/api/v2/query"): Answers.answer_query,
    ("POST", "/api/v2/delete"): Answers.delete,
    ("GET", "/api/v2/orgs"): Answers.send_orgs,
    ("GET", "/api/v2/buckets"): Answers.send_buckets,
    ("POST", "/api/v2/buckets"): Answers.create_bucket,
}
