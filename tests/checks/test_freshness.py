"""Is data still arriving? What is judged is tested with core; here is what it takes to ask."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from tests.engine.parts import SECRET, Stand
from tests.gateways.influx_server import ORG, TOKEN, answering, endless, fixed, stand_in
from watchdog.checks.freshness import Freshness, FreshnessParameters
from watchdog.core.errors import GatewayError, Misconfigured, NotThere, Refused, Unreachable
from watchdog.core.observation import Observation, Status
from watchdog.gateways.influx import InfluxGateway, Row
from watchdog.gateways.program import Ended

INFLUX = {"influxdb": {"bucket": "markets", "measurement": "price", "tags": {"symbol": "BTC"}}}


@pytest.fixture
def stand() -> Stand:
    """An engine whose clock shows the present time."""
    stand = Stand()
    stand.clock.wall = datetime.now(UTC)
    return stand


class FakeInflux:
    """Answers as planned: ages of points by the start of the range that is asked for."""

    def __init__(self, stand: Stand, **ages: float) -> None:
        self.stand = stand
        self.ages = ages
        self.asked: list[str] = []
        self.errors: list[GatewayError] = []

    def fail_next(self, error: GatewayError) -> None:
        self.errors.append(error)

    async def query(self, flux: str, *, within: float, rows: int) -> tuple[Row, ...]:
        which = "future" if "start: 1s" in flux else "long_ago" if "-30d" in flux else "recent"
        self.asked.append(which)
        if self.errors:
            raise self.errors.pop(0)
        if which not in self.ages:
            return ()
        at = self.stand.clock.wall.timestamp() - self.ages[which]
        return ({"_time": datetime.fromtimestamp(at, UTC)},)


def check(source: dict[str, Any], influx: Any = None, **more: Any) -> Freshness:
    parameters = FreshnessParameters.model_validate(
        {
            "series": {"prices": {**source, **more}},
            "influxdb": {"org": ORG, "url": "http://influxdb:8086"},
            "timeout": "1s",
        }
    )
    return Freshness("feeds", parameters, lambda url, org, token: influx)


async def ask(made: Freshness, stand: Stand) -> Observation:
    return await made.probe("prices", stand.tools)


async def test_fresh_points_take_one_question(stand: Stand) -> None:
    """As long as all is well nothing more is asked than the newest point."""
    influx = FakeInflux(stand, recent=5)
    made = check(INFLUX, influx)
    assert made.targets() == ("prices",)
    seen = await ask(made, stand)
    assert (seen.check, seen.target, seen.status, seen.finding.kind) == (
        "feeds",
        "prices",
        Status.OK,
        "fresh",
    )
    assert influx.asked == ["recent"]


@pytest.mark.parametrize(
    ("ages", "status", "kind", "asked"),
    [
        ({"recent": 200}, Status.WARNING, "late", ["recent", "future"]),
        ({"recent": 400}, Status.CRITICAL, "silent", ["recent", "future"]),
        ({"long_ago": 90000}, Status.CRITICAL, "silent", ["recent", "future", "long_ago"]),
        ({}, Status.UNKNOWN, "no_points", ["recent", "future", "long_ago"]),
        ({"recent": 400, "future": -900}, Status.UNKNOWN, "from_the_future", ["recent", "future"]),
    ],
)
async def test_bad_news_is_looked_into(
    stand: Stand, ages: dict[str, float], status: Status, kind: str, asked: list[str]
) -> None:
    """Old points: is one of them in the future? None: was there one at all within thirty days."""
    influx = FakeInflux(stand, **ages)
    seen = await ask(check(INFLUX, influx), stand)
    assert (seen.status, seen.finding.kind, influx.asked) == (status, kind, asked)


async def test_a_refused_token_is_a_mistake_and_no_silence(stand: Stand) -> None:
    """401 and a bucket that does not exist are for the configuration; nothing follows, and no secret is shown."""
    influx = FakeInflux(stand, recent=5)
    made = check(INFLUX, influx)
    for error in (Misconfigured(f"refused the token {SECRET}"), NotThere("no such bucket")):
        influx.fail_next(error)
        seen = await ask(made, stand)
        assert (seen.status, seen.finding.kind) == (Status.UNKNOWN, "misconfigured")
        assert SECRET not in str(seen)
    influx.fail_next(Unreachable("no answer"))
    with pytest.raises(Unreachable):
        await ask(made, stand)
    assert (await ask(made, stand)).status is Status.OK


async def test_the_real_gateway_is_asked_at_the_containers_address(
    stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against the stand-in: a point that was just written is fresh; with another token it is a mistake."""
    stand.engine.add("influxdb").addresses = ("127.0.0.1",)
    await stand.arrive()
    with stand_in(tmp_path) as url:
        source = FreshnessParameters.model_validate(
            {
                "series": {"prices": INFLUX},
                "influxdb": {"org": ORG, "url": url.replace("127.0.0.1", "influxdb"), "token": "THE_TOKEN"},
                "timeout": "10s",
            }
        )
        monkeypatch.setenv("THE_TOKEN", TOKEN)
        writer = InfluxGateway(url, ORG, TOKEN)
        await writer.write("markets", f"price,symbol=BTC value=1 {time.time_ns() - 10**9}")
        writer.close()
        made = Freshness("feeds", source)
        try:
            assert (await ask(made, stand)).finding.kind == "fresh"
            stand.clock.advance(1000)
            assert (await ask(made, stand)).finding.kind == "silent"
            monkeypatch.setenv("THE_TOKEN", "another-one")
            assert (await ask(made, stand)).finding.kind == "misconfigured"
        finally:
            assert made._influx
            assert isinstance(made._influx[1], InfluxGateway)
            made._influx[1].close()


async def test_outside_its_hours_nobody_is_asked(stand: Stand) -> None:
    """A closed market costs no question."""
    stand.clock.wall = datetime(2026, 11, 22, 12, tzinfo=UTC)
    influx = FakeInflux(stand)
    made = check(INFLUX, influx, hours="Mon-Fri 08:00-22:00 Europe/Paris")
    assert (await ask(made, stand)).finding.kind == "closed"
    assert influx.asked == []


# --- a page with JSON, and Prometheus ---

Server = Callable[[Callable[[BaseHTTPRequestHandler], None]], AbstractContextManager[str]]


def page(document: object) -> Callable[[BaseHTTPRequestHandler], None]:
    return fixed(json.dumps(document).encode(), kind="application/json")


@pytest.fixture
def server() -> Server:
    """What opens a server."""
    return answering


async def test_a_time_in_json(stand: Stand, server: Server) -> None:
    """The richer health of a feeder: how long ago its last data came."""
    for value, kind in (
        ("2s ago", "fresh"),
        ("7m ago", "silent"),
        (time.time() * 1000, "fresh"),
        (None, "no_points"),
    ):
        with server(page({"sources": {"binance_ws": {"last_data": value}}})) as url:
            made = check({"http_json": {"url": url, "path": "sources.binance_ws.last_data"}})
            assert (await ask(made, stand)).finding.kind == kind


async def test_a_time_from_prometheus(stand: Stand, server: Server) -> None:
    """An instant query that gives Unix times."""
    asked: list[str] = []
    query = 'max(x{source="a"} + 1 % 7) # &x=y'

    def respond(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        sample = [time.time(), str(time.time() - 400)]
        page({"status": "success", "data": {"resultType": "vector", "result": [{"value": sample}]}})(request)

    with server(respond) as url:
        seen = await ask(check({"prometheus": {"url": url, "query": query}}), stand)
    assert seen.finding.kind == "silent"
    assert parse_qs(urlsplit(asked[0]).query) == {"query": [query]}


@pytest.mark.parametrize("kind", ["http_json", "prometheus"])
@pytest.mark.parametrize(
    ("respond", "error"),
    [
        (fixed(b"<html>hello</html>", kind="text/html"), Refused),
        (fixed(b'{"at": NaN, "status": "success"}'), Refused),
        (fixed(b"[" * 60000), Refused),
        (fixed(b'{"at": [' + b"1," * 1_000_000 + b"1]}"), Refused),
        (fixed(b'{"at": "soon"}'), Refused),
        (fixed(b"{}", 503), Unreachable),
        (endless(b" ", 0.02), Unreachable),
    ],
)
async def test_what_cannot_be_read_is_not_known(
    stand: Stand, server: Server, kind: str, respond: Any, error: type[GatewayError]
) -> None:
    """HTML, NaN, endless lists, a million rows, errors and drips raise: UNKNOWN follows, and nothing else."""
    with server(respond) as url:
        source = {"url": url, "path": "at"} if kind == "http_json" else {"url": url, "query": "x"}
        with pytest.raises(error):
            await ask(check({kind: source}), stand)


async def test_a_page_that_wants_a_password_or_lacks_the_value_is_a_mistake(
    stand: Stand, server: Server
) -> None:
    """401, and a path that is not there, are for the configuration."""
    for respond in (fixed(b"", 401), page({"other": 1})):
        with server(respond) as url:
            assert (
                await ask(check({"http_json": {"url": url, "path": "at"}}), stand)
            ).finding.kind == "misconfigured"


# --- PostgreSQL ---

POSTGRES = {
    "postgres": {"target": "postgres", "query": "SELECT max(at) FROM ticks;", "password": "THE_PASSWORD"}
}


async def test_a_query_is_asked_inside_the_container(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """By psql, read-only and with a deadline of its own; the password goes by the environment, not by argv."""
    monkeypatch.setenv("THE_PASSWORD", SECRET)
    stand.engine.add("postgres")
    await stand.arrive()
    made = check(POSTGRES)
    at = datetime.fromtimestamp(stand.clock.wall.timestamp() - 5, UTC)
    for text, kind in (
        (f"{at:%Y-%m-%d %H:%M:%S.%f}+00", "fresh"),
        (f"{at.timestamp() - 900:.3f}", "silent"),
        ("", "silent"),
    ):
        stand.engine.executions = [Ended(0, f"{text}\n".encode(), b"")]
        assert (await ask(made, stand)).finding.kind == kind
    name, command, environment = stand.engine.executed[0]
    assert name == "postgres"
    assert command[:2] == ("sh", "-c")
    assert command[-1] == "SELECT * FROM (SELECT max(at) FROM ticks) AS asked LIMIT 2"
    assert SECRET not in str(command)
    assert environment["PGPASSWORD"] == SECRET
    assert "default_transaction_read_only=on" in environment["PGOPTIONS"]


@pytest.mark.parametrize(
    ("ended", "kind"),
    [
        (Ended(2, b"", b'psql: error: FATAL:  password authentication failed for user "x"'), "misconfigured"),
        (Ended(1, b"", b'ERROR:  relation "ticks" does not exist'), "misconfigured"),
        (Ended(0, b"1795435200\n1795435201\n", b""), "misconfigured"),
        (Ended(1, b"", b"ERROR:  canceling statement due to statement timeout"), None),
        (Ended(2, b"", b"FATAL:  the database system is starting up"), None),
        (Ended(0, b"NaN\n", b""), None),
        (Ended(127, b"", b"sh: psql: not found"), None),
    ],
)
async def test_what_postgres_complains_of(stand: Stand, ended: Ended, kind: str | None) -> None:
    """A wrong password or query is a mistake of the configuration, the rest is not known."""
    stand.engine.add("postgres")
    await stand.arrive()
    stand.engine.executions = [ended]
    if kind is None:
        with pytest.raises(GatewayError):
            await ask(check(POSTGRES), stand)
    else:
        assert (await ask(check(POSTGRES), stand)).finding.kind == kind


async def test_a_database_that_is_not_there_is_not_asked(stand: Stand) -> None:
    """No container, no answer, no conclusion."""
    with pytest.raises(Unreachable, match="postgres has no container"):
        await ask(check(POSTGRES), stand)


@pytest.mark.parametrize(
    ("series", "words"),
    [
        ({}, "exactly one of"),
        ({**INFLUX, "prometheus": {"query": "x"}}, "exactly one of"),
        ({**INFLUX, "warn": "10m"}, "swap the two"),
        ({**INFLUX, "hours": "always"}, "Mon-Fri 08:00-22:00 Europe/Paris"),
        ({"http_json": {"url": "file:///etc/passwd", "path": "a"}}, "begins neither with"),
        ({"http_json": {"url": "http://a/", "path": "a..b"}}, "is no path"),
    ],
)
def test_mistakes_are_told_when_it_is_loaded(series: dict[str, Any], words: str) -> None:
    """Each mistake of the file is named before anything is asked."""
    with pytest.raises(ValidationError, match=words):
        check(series)
    with pytest.raises(ValidationError, match="does not say where that is"):
        FreshnessParameters.model_validate({"series": {"prices": INFLUX}})
    with pytest.raises(ValidationError, match="is no name of a series"):
        FreshnessParameters.model_validate({"series": {"a b": {"prometheus": {"query": "x"}}}})
