"""InfluxDB's gateway against the demo's stand-in, and against servers that answer badly."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.demo.influx_recorded import answer_to, seen_on_a_full_disk
from tests.gateways.influx_server import ORG, TOKEN, answering, endless, fixed, stand_in
from tests.gateways.waiting import until
from watchdog.core.errors import GatewayError, Misconfigured, NotThere, Refused, Unreachable
from watchdog.gateways.influx import InfluxGateway, moment_of

HOUR = 3600
QUERY = (
    'from(bucket: "markets") |> range(start: -1h) |> filter(fn: (r) => r._measurement == "price") |> last()'
)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A stand-in that listens."""
    with stand_in(tmp_path) as listening:
        yield listening


@asynccontextmanager
async def gateway(url: str, token: str = TOKEN) -> AsyncIterator[InfluxGateway]:
    """A gateway with its client loaded, whose time is no part of what is measured."""
    import influxdb_client  # noqa: F401, PLC0415

    made = InfluxGateway(url, ORG, token)
    try:
        yield made
    finally:
        made.close()


async def trouble(call: Awaitable[object]) -> GatewayError:
    """How a call failed; never with the token."""
    with pytest.raises(GatewayError) as caught:
        await call
    shown = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert TOKEN not in shown
    return caught.value


async def test_what_is_written_is_read(url: str) -> None:
    """A point goes in, and its newest value and time come out with their types."""
    async with gateway(url) as influx:
        now = int(time.time())
        await influx.write(
            "markets",
            f"price,symbol=BTC value=1.5 {(now - 9) * 10**9}",
            f"price,symbol=BTC value=2.5 {now * 10**9}",
        )
        (row,) = await influx.query(QUERY)
        assert (row["_value"], row["symbol"], moment_of(row["_time"])) == (2.5, "BTC", now)
        assert await influx.query(QUERY.replace("price", "nothing")) == ()
        assert moment_of("now") is None


async def test_retention_is_read_and_shortened(url: str) -> None:
    """Buckets come with their retention; one is given another, and too short a one is refused."""
    async with gateway(url) as influx:
        (markets,) = await influx.buckets()
        assert (markets.name, markets.retention, markets.shard) == ("markets", 168 * HOUR, 24 * HOUR)
        shorter = await influx.set_retention(markets, 48 * HOUR)
        assert shorter.retention == 48 * HOUR
        assert (await influx.buckets())[0].retention == 48 * HOUR
        assert isinstance(await trouble(influx.set_retention(markets, 60)), Refused)


async def test_points_are_deleted(url: str) -> None:
    """A delete takes what lies in its time, and leaves the rest."""
    async with gateway(url) as influx:
        now = int(time.time())
        await influx.write("markets", f"price value=1 {(now - 600) * 10**9}", f"price value=2 {now * 10**9}")
        await influx.delete(
            "markets", datetime(1970, 1, 1, tzinfo=UTC), datetime.fromtimestamp(now - 60, UTC)
        )
        rows = await influx.query(QUERY.replace(" |> last()", ""))
        assert [row["_value"] for row in rows] == [2.0]


async def test_a_refused_token_is_a_mistake_in_the_configuration(url: str) -> None:
    """401 is told as such, and neither the wrong token nor the right one is shown."""
    async with gateway(url, "another-token-9") as influx:
        for call in (influx.query(QUERY), influx.write("markets", "price value=1"), influx.buckets()):
            found = await trouble(call)
            assert isinstance(found, Misconfigured)
            assert "refused the token (401)" in str(found)
            assert "another" not in str(found)


@pytest.mark.parametrize("token", ["", "  ", "line\nbreak-secret", "gehéim-secret"])
async def test_a_token_that_cannot_be_one_is_not_sent(token: str) -> None:
    """Nothing is asked with it, and it is not quoted."""
    found = await trouble(InfluxGateway("http://127.0.0.1:9", ORG, token).query(QUERY))
    assert isinstance(found, Misconfigured)
    assert "secret" not in str(found)


async def test_an_address_that_cannot_be_one_is_a_mistake_in_the_configuration() -> None:
    """No request goes to `file:` or to a bare name."""
    for address in ("file:///etc/passwd", "influxdb:8086"):
        assert isinstance(await trouble(InfluxGateway(address, ORG, TOKEN).query(QUERY)), Misconfigured)


async def test_what_does_not_exist_is_said(url: str) -> None:
    """Another bucket is not there; a query that makes no sense is refused, in InfluxDB's words."""
    async with gateway(url) as influx:
        found = await trouble(influx.query(QUERY.replace("markets", "gone")))
        assert isinstance(found, NotThere)
        assert 'bucket "gone"' in str(found)
        assert "compilation failed" in str(await trouble(influx.query("from(bucket: ")))


async def test_nobody_listens() -> None:
    """A port at which nobody listens is unreachable: nothing is known, nothing follows."""
    with answering(fixed(b"")) as gone:
        pass
    async with gateway(gone) as influx:
        found = await trouble(influx.query(QUERY))
        assert isinstance(found, Unreachable)
        assert "Connection refused" in str(found)
    async with gateway("http://no-such-host.invalid:8086") as influx:
        assert isinstance(await trouble(influx.query(QUERY)), Unreachable)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, Misconfigured), (429, Refused), (500, Unreachable), (503, Unreachable), (302, Refused)],
)
async def test_errors_become_ours(status: int, kind: type[GatewayError]) -> None:
    """Each status has its meaning, whatever the body is; a redirect is not followed."""
    with answering(fixed(b"<html>no</html>", status, "text/html", Location="http://127.0.0.1:9/")) as server:
        async with gateway(server) as influx:
            assert type(await trouble(influx.query(QUERY))) is kind


async def test_a_write_that_the_disk_refused_is_a_no() -> None:
    """A 500 to a write is told in InfluxDB's own words: it is what a canary is for."""
    body = b'{"code": "internal error", "message": "unexpected error: no space left on device"}'
    with answering(fixed(body, 500, "application/json")) as server:
        async with gateway(server) as influx:
            found = await trouble(influx.write("markets", "price value=1"))
            assert type(found) is Refused
            assert "no space left on device" in str(found)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("the newest point", 1),
        ("the newest of none", 0),
        ("tables without rows", 0),
        ("columns that are not there", 0),
    ],
)
async def test_tables_of_influxdb_2_7_are_read(name: str, rows: int) -> None:
    """What it answered, with or without a row in it."""
    body = answer_to(name)["body"].replace("<time>", "2026-11-23T15:56:14Z").encode()
    with answering(fixed(body)) as server:
        async with gateway(server) as influx:
            assert len(await influx.query(QUERY)) == rows


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("buckets without a token", Misconfigured, "refused the token (401)"),
        (
            "reader: a write",
            Misconfigured,
            "does not let the token do that (403): insufficient permissions for write",
        ),
        ("reader: keep less", Misconfigured, "does not let the token do that (401): write:orgs/"),
        ("reader: a query of another bucket", NotThere, 'could not find bucket "_monitoring"'),
        ("a query of no such organisation", NotThere, 'organization name "gone" not found'),
        ("a write to no such organisation", NotThere, 'organization name "gone" not found'),
        ("no such bucket to query", NotThere, 'could not find bucket "gone"'),
        ("half a query", Refused, "expected RPAREN, got EOF"),
        ("tables that do not fit together", Refused, "gave up on the query: schema collision"),
        ("another type", Refused, "partial write: field type conflict"),
        ("keep less than a shard", Refused, "shard-group duration must also be updated"),
        ("keep a minute", Refused, "retention policy duration must be at least 1h0m0s"),
    ],
)
async def test_errors_of_influxdb_2_7_become_ours(name: str, kind: type[GatewayError], words: str) -> None:
    """What it answered when it did not do what it was asked: by its status, and by its words where that is not enough."""
    kept = answer_to(name)
    body = kept["body"].replace("<time>", "2026-11-23T15:56:14Z").encode()
    with answering(fixed(body, kept["status"], kept["type"])) as server:
        async with gateway(server) as influx:
            changes = kept["ask"].startswith("PATCH") or "/write" in kept["ask"]
            call = influx.write("markets", "price value=1") if changes else influx.query(QUERY)
            found = await trouble(call)
            assert type(found) is kind
            assert words in str(found)


async def test_each_refused_write_on_a_full_disk_is_a_no() -> None:
    """The four ways in which InfluxDB 2.7 told of it, and that of a delete."""
    told = [text for text in seen_on_a_full_disk().values() if str(text).startswith('{"code"')]
    assert len(told) == 5
    for body in told:
        with answering(fixed(body.encode(), 500, "application/json")) as server:
            async with gateway(server) as influx:
                found = await trouble(influx.write("markets", "price value=1"))
                assert type(found) is Refused
                assert "no space left on device" in str(found)


async def test_all_buckets_are_read() -> None:
    """However many there are: InfluxDB gives a hundred at a time."""
    asked: list[str] = []

    def page(request: BaseHTTPRequestHandler) -> None:
        offset = int(parse_qs(urlsplit(request.path).query)["offset"][0])
        asked.append(request.path)
        of: list[dict[str, object]] = [
            {
                "id": f"{n:016x}",
                "name": f"b{n:03}",
                "type": "system" if n < 2 else "user",
                "retentionRules": [],
            }
            for n in range(offset, min(offset + 100, 230))
        ]
        fixed(json.dumps({"buckets": of}).encode(), 200, "application/json")(request)

    with answering(page) as server:
        async with gateway(server) as influx:
            names = [bucket.name for bucket in await influx.buckets()]
    assert (len(names), names[0], names[-1], len(asked)) == (228, "b002", "b229", 3)


HEAD = b"#datatype,string,long,double\r\n#group,false,false,false\r\n#default,_result,,\r\n,result,table,_value\r\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><body>Welcome to nginx</body></html>", "answered with no table"),
        (HEAD + b",,0,1\r\n" * 1001, "more than 1000 rows"),
        (HEAD + b",,0,1\r\n" * 200_000, "more than 512 KiB"),
        (HEAD + b",,0,abc\r\n", "answered with no table"),
        (b"#datatype,string,long\r\n,error,reference\r\n,ran out of memory,897\r\n", "ran out of memory"),
        (b"\xff\xfe\x00", "answered with no table"),
    ],
)
async def test_answers_that_make_no_sense_are_refused(body: bytes, words: str) -> None:
    """HTML, too many rows, too many bytes and nonsense end in an error that says so."""
    with answering(fixed(body)) as server:
        async with gateway(server) as influx:
            found = await trouble(influx.query(QUERY))
            assert type(found) is Refused
            assert words in str(found)


async def test_no_answer_is_waited_for_beyond_its_deadline() -> None:
    """An answer that drips for ever ends at the deadline, and its thread ends with it."""
    with answering(endless(b"#", pause=0.02)) as server:
        async with gateway(server) as influx:
            begun = time.monotonic()
            assert isinstance(await trouble(influx.query(QUERY, within=0.4)), Unreachable)
            assert time.monotonic() - begun < 3
            await until(lambda: not influx.circuit.abandoned)


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    """What comes as fast as it can is cut at 512 KiB."""
    with answering(endless(b"x" * 65536)) as server:
        async with gateway(server) as influx:
            assert "more than 512 KiB" in str(await trouble(influx.query(QUERY)))


def test_nobody_pays_for_it_who_does_not_use_it() -> None:
    """The client is not imported before the first call."""
    code = (
        "import sys; from watchdog.gateways.influx import InfluxGateway;"
        "InfluxGateway('http://x', 'o', 't'); sys.exit('influxdb_client' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
