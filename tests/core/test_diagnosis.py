"""Why a feeder delivers nothing: the shipped rules on what feeders, exchanges and InfluxDB really say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from watchdog.config import load_config
from watchdog.config.diagnoses import read_diagnoses
from watchdog.config.files import Disk
from watchdog.core.diagnosis import Evidence, LogLine, Rule, Rules, Sign, diagnose, reached
from watchdog.core.problem import Report
from watchdog.core.run import Then, Way

NOW = 1_795_435_200.0
HERE = "2026-11-23 12:00:00 "
RULES = read_diagnoses(Path(__file__).parents[2] / "config/diagnoses", Report(), Disk())["feeder"]
FINE: dict[str, Any] = {
    "now": NOW,
    "running": True,
    "health": {"status": "healthy"},
    "answers": True,
    "exchange": (True,),
    "independent": (True, True),
}


def found(*lines: tuple[float, str], **more: Any) -> Then:
    log = tuple(LogLine(age, f"{HERE}{text}") for age, text in lines)
    return diagnose(RULES, Evidence(**{**FINE, "log": log, **more})).then


INFO = (1.0, "[INFO] market-feeder.writer — made-up prices: BTCUSDT 97000")
LIMITED = "[WARNING] market-feeder.binance — HTTP 429 (code -1003: Too many requests)"
BANNED = "[ERROR] market-feeder.binance — HTTP 418 (code -1003: Way too much request weight used; IP banned until {}. Please use WebSocket Streams)"
KEY = "[ERROR] market-feeder.binance — code -2015: Invalid API-key, IP, or permissions for action."
WRITE = "[ERROR] market-feeder.writer — InfluxDB write error (source=demo, points=12): "


@pytest.mark.parametrize(
    ("lines", "more", "cause", "way"),
    [
        ([(20, LIMITED)], {}, "rate_limited", Way.WAIT),
        ([(20, BANNED.format(int(NOW * 1000) + 90_000))], {}, "banned", Way.WAIT),
        ([(9000, KEY), INFO], {}, "key_refused", Way.HAND_OVER),
        ([(9000, KEY.replace("-2015", "-2014"))], {}, "key_refused", Way.HAND_OVER),
        ([INFO], {"down": frozenset({"bloomberg-influxdb"})}, "influxdb_down", Way.STAND_BY),
        ([(5, WRITE + "[Errno 111] Connection refused")], {}, "influxdb_down", Way.STAND_BY),
        ([(5, WRITE + "HTTP 500: no space left on device")], {}, "influxdb_down", Way.STAND_BY),
        ([(5, WRITE + 'HTTP 401: {"code": "unauthorized"}')], {}, "influxdb_token_refused", Way.HAND_OVER),
        ([(5, LIMITED)], {"independent": (False, False)}, "no_network", Way.WAIT),
        ([(45, WRITE + "[Errno 111] Connection refused"), INFO], {}, "unknown", Way.ON),
        ([(45, LIMITED), (9, KEY)], {}, "key_refused", Way.HAND_OVER),
        ([INFO], {"exchange": (False,)}, "exchange_unreachable", Way.WAIT),
        ([(600, INFO[1])], {}, "hung", Way.ON),
        ([], {"answers": False}, "hung", Way.ON),
        ([INFO], {"metrics": {"market_feeder_last_write_timestamp": NOW - 400}}, "hung", Way.ON),
        ([INFO], {"metrics": {"market_feeder_last_write_timestamp": 0.0}}, "hung", Way.ON),
        ([INFO], {}, "unknown", Way.ON),
        ([INFO], {"independent": (False, None), "exchange": (None,)}, "unknown", Way.ON),
    ],
)
def test_each_cause_is_told_apart(
    lines: list[tuple[float, str]], more: dict[str, Any], cause: str, way: Way
) -> None:
    """Only what a restart can mend is restarted; a limit, a ban, a key and a lost network are not."""
    then = found(*lines, **more)
    assert (then.cause, then.way) == (cause, way)


def test_the_unknown_is_restarted_once() -> None:
    """Then a human has to look."""
    assert found(INFO).attempts == 1
    assert found((600.0, INFO[1])).attempts is None


@pytest.mark.parametrize(
    ("line", "age", "seconds"),
    [
        (LIMITED, 20, 45),  # a minute from the line on, and five seconds
        (LIMITED + ", Retry-After: 120", 20, 105),
        (LIMITED + "; Retry-After=7", 5, 7),
        (BANNED.format(int(NOW * 1000) + 90_000), 400, 95),
        (BANNED.format(int(NOW) + 90), 400, 95),
        ("[ERROR] x — HTTP 418, Retry-After: 3600", 600, 3005),
        ("[ERROR] x — HTTP 418", 10, 595),
        (BANNED.format(int(NOW * 1000) + 10**9), 5, 3 * 86400),
    ],
)
def test_it_is_waited_as_long_as_told(line: str, age: float, seconds: float) -> None:
    """Retry-After and the end of a ban count from the line that told them; three days are the most."""
    assert found((age, line)).seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    "line", [LIMITED, LIMITED + ", Retry-After: 30", BANNED.format(int(NOW * 1000) - 60_000)]
)
def test_a_limit_that_is_over_is_no_cause_any_more(line: str) -> None:
    """The feeder should have gone on by itself: now something else keeps it."""
    assert found((200.0, line)).cause == "hung"


def test_the_latest_of_several_limits_counts() -> None:
    """Each minute another 429: it is waited for the last one."""
    assert found((120.0, LIMITED), (60.0, LIMITED), (1.0, LIMITED)).seconds == pytest.approx(64)


@pytest.mark.parametrize(
    "line",
    [
        "[INFO] news-feeder.writer — made-up headline: Exchange answers HTTP 429, code -1003",
        "[INFO] market-feeder.writer — BTCUSDT 418.2, ETHUSDT -2015",
        "[WARNING] market-feeder.x — 4290 points wait, price 1-10034",
    ],
)
def test_headlines_and_numbers_are_no_signs(line: str) -> None:
    """What a stranger can bring into the log changes nothing."""
    assert found((1.0, line)).cause == "unknown"


def test_evidence_shows_the_lines_and_nothing_is_made_of_nothing() -> None:
    """The lines that show it are kept; without rules and without evidence a human looks."""
    shown = diagnose(RULES, Evidence(**{**FINE, "log": (LogLine(5, HERE + KEY),)}))
    assert shown.lines == (HERE + KEY,)
    nothing = diagnose(Rules(name="none", rules=()), Evidence(now=NOW))
    assert (nothing.then.cause, nothing.then.way) == ("unknown", Way.HAND_OVER)
    assert RULES.targets == ("bloomberg-influxdb",)


def test_what_could_not_be_asked_fits_no_rule() -> None:
    """No answer of ours is no proof that the network is gone."""
    assert reached(()) is None
    assert reached((None, False)) is None
    assert reached((False, False)) is False
    assert reached((False, True, None)) is True


@pytest.mark.parametrize(
    ("sign", "fits"),
    [
        (Sign(health_path="sources.ws.connected", health_value=False), True),
        (Sign(health_path="sources.ws.connected", health_value=0), False),
        (Sign(health_path="sources.rest.connected", health_value=False), False),
        (Sign(metric_above=("errors", 4)), True),
        (Sign(metric_above=("errors", 5)), False),
        (Sign(metric_older=("unknown", 1)), False),
    ],
)
def test_health_and_metrics_are_signs(sign: Sign, fits: bool) -> None:
    """By what stands in them, exactly."""
    rules = Rules(name="x", rules=(Rule(cause="it", signs=(sign,), then=Then(way=Way.WAIT, cause="it")),))
    evidence = Evidence(now=NOW, health={"sources": {"ws": {"connected": False}}}, metrics={"errors": 5.0})
    assert (diagnose(rules, evidence).then.cause == "it") is fits


def test_a_wait_that_is_told_as_a_date_is_kept() -> None:
    """HTTP allows both for Retry-After: seconds, and the hour in GMT."""
    later = datetime.fromtimestamp(NOW + 1800, UTC)
    line = f"[WARNING] market-feeder.binance — HTTP 429 Retry-After: {later:%a, %d %b %Y %H:%M:%S} GMT"
    then = found((100, line))
    assert (then.way, then.cause) == (Way.WAIT, "rate_limited")
    assert then.seconds == pytest.approx(1800 + 5)
    banned = found((100, line.replace("429", "418")))
    assert banned.cause == "banned"
    assert banned.seconds == pytest.approx(1800 + 5)
    assert found((100, line.replace("GMT", "XYZ"))).cause == "unknown"


def test_a_long_limit_is_not_forgotten_after_an_hour() -> None:
    """Two hours were asked for, and the line is ninety minutes old."""
    then = found((5400, f"{LIMITED} Retry-After: 7200"), INFO)
    assert then.cause == "rate_limited"
    assert then.seconds == pytest.approx(1800 + 5)


@pytest.mark.parametrize(
    "more",
    [
        {"answers": False},
        {"metrics": {"market_feeder_last_write_timestamp": 0.0}},
        {},
    ],
)
def test_a_feeder_that_was_just_started_gets_time_for_its_first_points(more: dict[str, Any]) -> None:
    """It has said nothing yet, does not answer yet and has written nothing yet: that is no reason to start it again."""
    then = found(ran=20.0, **more)
    assert (then.way, then.cause) == (Way.WAIT, "just_started")
    assert found(ran=90.0, answers=False).cause == "hung"


def test_the_shipped_remedy_finds_out_before_it_restarts_and_asks_no_healthcheck() -> None:
    """Its container is healthy whatever becomes of the data: that must not keep it from being restarted."""
    playbook = load_config(Path(__file__).parents[2] / "config/watchdog.yml").playbooks["feeder-stale"]
    (rung,) = playbook.rungs
    assert rung.decider is not None
    assert (rung.decider.action, rung.step.action, rung.step.on) == (
        "diagnose_feeder",
        "restart_container",
        "bloomberg-market-feeder",
    )
    assert rung.step.params["even_if_well"] is True
