"""What a diagnosis of a feeder rests on."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from tests.fakes import FakeEngine
from tests.gateways.influx_server import answering, fixed
from tests.gateways.test_nearby import Names
from watchdog.core.errors import Unreachable
from watchdog.gateways.feeder_evidence import FeederEvidence, Questions, read_lines, read_metrics

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def feeder(request: BaseHTTPRequestHandler) -> None:
    pages = {
        "/health": json.dumps({"status": "healthy"}).encode(),
        "/metrics": b'# HELP x y\nerrors_total{source="a"} 3\nerrors_total{source="b"} 7 1795\nlast NaN\nlast 5\n',
    }
    fixed(pages[request.path])(request)


@pytest.fixture
def engine() -> FakeEngine:
    """A feeder that runs at this machine's address, and an InfluxDB that does not."""
    made = FakeEngine()
    made.add("feeder").addresses = ("127.0.0.1",)
    made.add("influxdb")
    made.add("postgres", health="healthy")
    made.add("grafana", health="unhealthy")
    made.crash("influxdb")
    return made


@pytest.fixture
def port() -> Iterator[int]:
    """A port that somebody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_all_of_it_is_gathered(engine: FakeEngine, port: int) -> None:
    """By the container's name, wherever watchdog runs: log, pages, connections, and who else is down."""
    found = engine.container("feeder")
    found.started = 0
    found.log = ["one", "two"]
    with answering(feeder) as url:
        asked = Questions(
            feeder="feeder",
            url=url.replace("127.0.0.1", "feeder"),
            exchange=(f"feeder:{port}",),
            independent=("127.0.0.1:1", f"127.0.0.1:{port}"),
            targets=("influxdb", "postgres", "grafana", "nobody"),
        )
        evidence = await FeederEvidence().gather(asked, engine, Names(engine), engine.clock.wall)
    assert [line.text for line in evidence.log] == ["one", "two"]
    assert (evidence.running, evidence.answers, evidence.health) == (True, True, {"status": "healthy"})
    assert evidence.metrics == {"errors_total": 7.0, "last": 5.0}
    assert (evidence.exchange, evidence.independent) == ((True,), (False, True))
    assert evidence.down == {"influxdb", "grafana"}


async def test_what_cannot_be_asked_is_left_out(engine: FakeEngine) -> None:
    """Without a container, pages and an engine that answers there is little evidence, and no error."""
    for _ in range(2):
        engine.fail_next(Unreachable("engine"), "inspect")
    asked = Questions(feeder="feeder", targets=("influxdb",))
    evidence = await FeederEvidence().gather(asked, engine, Names(engine), NOW)
    assert (evidence.running, evidence.answers, evidence.health, evidence.log) == (None, None, None, ())
    nothing = await FeederEvidence().gather(Questions(feeder="nobody"), engine, Names(engine), NOW)
    assert (nothing.running, nothing.exchange, nothing.down) == (None, (), frozenset())


async def test_a_page_that_makes_no_sense_is_an_answer_without_content(engine: FakeEngine) -> None:
    """HTML is no health, and a closed port is no answer."""
    with answering(fixed(b"<html>")) as url:
        evidence = await FeederEvidence().gather(
            Questions(feeder="feeder", url=url), engine, Names(engine), NOW
        )
    assert (evidence.answers, evidence.health, evidence.metrics) == (True, None, {})
    evidence = await FeederEvidence().gather(Questions(feeder="feeder", url=url), engine, Names(engine), NOW)
    assert evidence.answers is False


def test_lines_have_an_age_and_are_of_this_life() -> None:
    """Lines from before the latest start are left out: a key that was refused then may be another one by now."""
    lines = (
        "2026-11-23T11:00:00.5Z old",
        "2026-11-23T11:59:30.123456789Z new",
        "nonsense",
        "2026-11-23T12:00:09Z ahead",
    )
    since = datetime(2026, 11, 23, 11, 30, tzinfo=UTC).timestamp()
    found = read_lines(lines, since=since, now=NOW.timestamp())
    assert [(line.text, round(line.age)) for line in found] == [("new", 30), ("ahead", 0)]


def test_metrics_that_are_none_are_left_out() -> None:
    """Comments, words and NaN."""
    assert read_metrics(b'# TYPE a gauge\na NaN\nb x\nc{l="x y"} -1.5e3\n\xff\n') == {"c": -1500.0}


def test_what_was_cut_off_in_the_middle_of_a_number_is_no_number() -> None:
    """Of a page of 50 MB the beginning is read: half of a time would be half a century ago."""
    body = b"a 1\nmarket_feeder_last_write_timestamp 17954"
    assert read_metrics(body) == {"a": 1.0, "market_feeder_last_write_timestamp": 17954.0}
    assert read_metrics(body, cut=True) == {"a": 1.0}
    assert read_metrics(b"a 1", cut=True) == {}
