"""InfluxDB and Grafana answer in the shapes that watchdog and the demo count on: upstream's, or a stand-in's."""

from __future__ import annotations

import csv
import http.client
import io
import json
import time
from typing import Any

from tests.scenarios.stage import Stage

LEANS_ON = ("influxdb", "grafana")

TOKEN = "scenario-token"
ANNOTATED = ["#datatype", "#group", "#default", ""]
COLUMNS = ["_start", "_stop", "_time", "_value", "_field", "_measurement", "exchange", "symbol"]
NEWEST = """from(bucket: "markets") |> range(start: -10m)
  |> filter(fn: (r) => r._measurement == "price" and r._field == "price") |> last()"""
Answer = tuple[int, http.client.HTTPMessage, str]


def scenario(stage: Stage) -> None:
    """Given both running, when they are asked as watchdog asks, then status, headers and bodies are as published."""
    stage.compose("up", "-d", "--wait", "--wait-timeout", "90", timeout=120)
    influxdb, grafana = port(stage, "influxdb", 8086), port(stage, "grafana", 3000)
    health(stage, influxdb)
    points(stage, influxdb)
    refusals(stage, influxdb)
    buckets(stage, influxdb)
    grafana_answers(stage, grafana)


def port(stage: Stage, service: str, inside: int) -> int:
    """Where a service is reached on this machine."""
    return int(stage.compose("port", service, str(inside)).strip().rpartition(":")[2])


def ask(
    at: int, method: str, path: str, body: str | None = None, token: str | None = TOKEN, **more: str
) -> Answer:
    """One request: its status, headers and body."""
    headers = {**({"Authorization": f"Token {token}"} if token else {}), **more}
    line = http.client.HTTPConnection("127.0.0.1", at, timeout=10)
    try:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        line.close()


def query(at: int, flux: str, token: str = TOKEN) -> Answer:
    """A Flux query, asked as InfluxDB's clients ask it."""
    annotations = {"annotations": ["datatype", "group", "default"], "header": True}
    body = json.dumps({"query": flux, "type": "flux", "dialect": annotations})
    return ask(at, "POST", "/api/v2/query?org=bloomberg", body, token, **{"Content-Type": "application/json"})


def health(stage: Stage, at: int) -> None:
    """Without a token: alive, and of which version."""
    status, _, body = ask(at, "GET", "/health", token=None)
    stage.expect("/health passes", status == 200 and json.loads(body)["status"] == "pass")
    stage.expect("/health names it", json.loads(body)["name"] == "influxdb")
    status, headers, _ = ask(at, "GET", "/ping", token=None)
    stage.expect("/ping says 204 and its version", status == 204 and bool(headers["X-Influxdb-Version"]))


def points(stage: Stage, at: int) -> None:
    """Written, found as the newest, deleted."""
    now = int(time.time())
    lines = "\n".join(
        f"price,symbol={symbol},exchange=demo price={now - t} {t}"
        for symbol in "AB"
        for t in (now - 60, now - 5)
    )
    write = "/api/v2/write?org=bloomberg&bucket=markets&precision=s"
    stage.expect("points are taken with 204", ask(at, "POST", write, lines)[0] == 204)
    status, headers, body = query(at, NEWEST)
    stage.expect(
        "a query is answered as CSV", status == 200 and headers["Content-Type"].startswith("text/csv")
    )
    rows = [row for row in csv.reader(io.StringIO(body)) if row]
    stage.expect(f"annotated: {rows[:4]}", [row[0] for row in rows[:4]] == ANNOTATED)
    stage.expect(f"its columns: {rows[3]}", rows[3] == ["", "result", "table", *COLUMNS])
    types = dict(zip(rows[3], rows[0], strict=True))
    stage.expect("times are times", types["_time"] == "dateTime:RFC3339" and types["_value"] == "double")
    found = [dict(zip(rows[3], row, strict=True)) for row in rows[4:]]
    stage.expect(f"one row a series: {found}", [row["symbol"] for row in found] == ["A", "B"])
    stage.expect("the newest", all(row["_value"] == "5" and row["_time"].endswith("Z") for row in found))
    delete = {"start": "1970-01-01T00:00:00Z", "stop": "2100-01-01T00:00:00Z", "predicate": 'symbol="A"'}
    path = "/api/v2/delete?org=bloomberg&bucket=markets"
    as_json = {"Content-Type": "application/json"}
    stage.expect(
        "points are deleted with 204", ask(at, "POST", path, json.dumps(delete), **as_json)[0] == 204
    )
    left = [
        row for row in csv.reader(io.StringIO(query(at, NEWEST)[2])) if row[:1] == [""] and row[-1] in "AB"
    ]
    stage.expect(f"only those: {left}", [row[-1] for row in left] == ["B"])


def refusals(stage: Stage, at: int) -> None:
    """Each refusal has its status, its code and the words that are looked for."""
    write = "/api/v2/write?org=bloomberg&precision=s&bucket="
    old = f"price price=1 {int(time.time()) - 200 * 3600}"
    for what, answer, status, code, words in (
        ("a wrong token", query(at, NEWEST, "wrong"), 401, "unauthorized", "unauthorized access"),
        (
            "an unknown bucket",
            query(at, NEWEST.replace("markets", "gone")),
            404,
            "not found",
            "could not find bucket",
        ),
        (
            "a bad query",
            query(at, 'from(bucket: "markets") |> nonsense()'),
            400,
            "invalid",
            "undefined identifier",
        ),
        (
            "an unbounded query",
            query(at, 'from(bucket: "markets") |> last()'),
            400,
            "invalid",
            "unbounded read",
        ),
        (
            "a bad line",
            ask(at, "POST", f"{write}markets", "price price=abc"),
            400,
            "invalid",
            "unable to parse",
        ),
        ("a write to nowhere", ask(at, "POST", f"{write}gone", "price price=1"), 404, "not found", "gone"),
        (
            "a point too old",
            ask(at, "POST", f"{write}markets", old),
            422,
            "unprocessable entity",
            "retention policy",
        ),
    ):
        told = json.loads(answer[2])
        right = answer[0] == status and told["code"] == code and words in told["message"]
        stage.expect(f"{what}: {answer[0]} {answer[2].strip()}", right)


def buckets(stage: Stage, at: int) -> None:
    """Listed with their retention, which can be shortened, but not below an hour."""
    status, _, body = ask(at, "GET", "/api/v2/buckets?org=bloomberg&name=markets")
    (bucket,) = json.loads(body)["buckets"]
    stage.expect("a bucket is found by name", status == 200 and bucket["name"] == "markets")
    rule: dict[str, Any] = bucket["retentionRules"][0]
    stage.expect(
        f"with its retention: {rule}", (rule["type"], rule["everySeconds"]) == ("expire", 168 * 3600)
    )
    stage.expect("and its shard groups", rule["shardGroupDurationSeconds"] == 24 * 3600)
    # Its documentation says 422 for what it refuses; 2.7.12 was seen to answer 500.
    for seconds, expected in ((48 * 3600, {200}), (60, {422, 500})):
        changed = json.dumps({"retentionRules": [{**rule, "everySeconds": seconds}]})
        path = f"/api/v2/buckets/{bucket['id']}"
        status, _, body = ask(at, "PATCH", path, changed, **{"Content-Type": "application/json"})
        stage.expect(f"a retention of {seconds} s: {status} {body.strip()[:200]}", status in expected)
    after = json.loads(ask(at, "GET", f"/api/v2/buckets/{bucket['id']}")[2])
    stage.expect("the shorter one holds", after["retentionRules"][0]["everySeconds"] == 48 * 3600)


def grafana_answers(stage: Stage, at: int) -> None:
    """Its health names the database; a page of its own asks who one is; the rest is refused."""
    status, _, body = ask(at, "GET", "/api/health", token=None)
    told = json.loads(body)
    stage.expect(f"/api/health: {told}", status == 200 and told["database"] == "ok" and bool(told["version"]))
    stage.expect("/login is a page", ask(at, "GET", "/login", token=None)[0] == 200)
    status, headers, _ = ask(at, "GET", "/", token=None)
    stage.expect("/ leads to it", status == 302 and headers["Location"].endswith("/login"))
    stage.expect("the rest is refused", ask(at, "GET", "/api/org", token=None)[0] == 401)
