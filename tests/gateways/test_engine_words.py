from __future__ import annotations

from typing import Any

import pytest

from watchdog.core.container import Healthcheck
from watchdog.gateways.engine_words import (
    clean,
    matches,
    read_container,
    read_event,
    read_log,
    read_row,
    read_time,
)


def answer(state: dict[str, Any] | None = None, config: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "Id": "c1",
        "Name": "/demo-web-1",
        "Image": "sha256:1",
        "RestartCount": 2,
        "State": {"Status": "running", **(state or {})},
        "Config": {"Image": "web:1", **(config or {})},
        "HostConfig": {"Memory": 64, "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}},
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T06:46:19.332702179Z", 1795416379332702179),
        ("2026-11-23T06:46:19.5Z", 1795416379500000000),
        ("2026-11-23T06:46:19Z", 1795416379000000000),
        ("2026-11-23T07:46:19.000000001+01:00", 1795416379000000001),
        ("0001-01-01T00:00:00Z", 0),
        ("", 0),
        (None, 0),
        ("yesterday", 0),
    ],
)
def test_times_are_nanoseconds(text: str | None, expected: int) -> None:
    """Nine digits survive, and never is 0."""
    assert read_time(text) == expected


def test_limits_and_policies_are_read() -> None:
    """What a container may use, and what the engine does when it ends."""
    facts = read_container(answer(config={"StopTimeout": 3}))
    assert (facts.name, facts.memory_limit, facts.stop_timeout) == ("demo-web-1", 64, 3.0)
    assert (facts.restart_policy, facts.restart_maximum, facts.restart_count) == ("on-failure", 3, 2)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (None, None),
        ({"Test": ["NONE"]}, None),
        ({"Test": []}, None),
        ({"Test": ["CMD", "true"]}, Healthcheck(interval=30, timeout=30, start_period=0, retries=3)),
        (
            {
                "Test": ["CMD", "x"],
                "Interval": 10**9,
                "Timeout": 2 * 10**9,
                "StartPeriod": 5 * 10**8,
                "Retries": 7,
            },
            Healthcheck(interval=1, timeout=2, start_period=0.5, retries=7),
        ),
    ],
)
def test_a_healthcheck_has_the_engines_defaults(
    config: dict[str, Any] | None, expected: Healthcheck | None
) -> None:
    """Zero means the default, and NONE that there is none."""
    assert read_container(answer(config={"Healthcheck": config})).healthcheck == expected


def test_the_last_words_of_a_healthcheck_are_bounded() -> None:
    """Only the latest output is kept, in one line without colours."""
    log = [{"Output": "old"}, {"Output": "\x1b[31mnew\x1b[0m\nline" + "x" * 900}]
    facts = read_container(answer({"Health": {"Status": "unhealthy", "Log": log}}))
    assert facts.health_output.startswith("new linexxx")
    assert len(facts.health_output) == 500 - 256


def test_no_healthcheck_is_no_health() -> None:
    """The engine's `none` is our nothing."""
    assert read_container(answer({"Health": {"Status": "none"}})).health == ""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"Status": "Up 6 seconds (unhealthy)"}, "unhealthy"),
        ({"Status": "Up 6 seconds (healthy)"}, "healthy"),
        ({"Status": "Up 1 second (health: starting)"}, "starting"),
        ({"Status": "Up 2 hours (Paused)"}, ""),
        ({"Status": "Exited (137) 2 hours ago"}, ""),
        ({"Status": "Up 6 seconds (unhealthy)", "Health": {"Status": "healthy"}}, "healthy"),
        ({"Status": "Up 6 seconds", "Health": {"Status": "none"}}, ""),
        ({}, ""),
    ],
)
def test_the_health_in_a_list(more: dict[str, Any], expected: str) -> None:
    """From the text for people, or structured where the engine is new enough."""
    assert read_row({"Id": "c1", "ImageID": "i", "State": "running", **more}).health == expected


def test_a_row_goes_by_its_own_name() -> None:
    """A linked container also has the names that others give it; one without a name goes by its id."""
    row = {"Id": "c" * 64, "ImageID": "i", "State": "running"}
    assert read_row({**row, "Names": ["/other/db", "/db-1"]}).name == "db-1"
    assert read_row(row).name == "c" * 12


def test_an_event_of_something_else_is_none() -> None:
    """Networks, images and volumes are not containers."""
    assert read_event({"Type": "network", "Action": "connect"}) is None


def test_what_an_exec_runs_is_dropped() -> None:
    """A command line may hold a secret."""
    event = read_event(
        {"Type": "container", "Action": "exec_start: psql -W hush", "Actor": {"ID": "c1"}, "timeNano": 1}
    )
    assert event is not None
    assert event.action == "exec_start"
    assert event.attributes == {}


def test_a_log_is_bounded_and_clean() -> None:
    """No colours, no control characters, no broken text, no endless line; indentation stays."""
    raw = b"gone\n\x1b[31m  red\x1b[0m\x07\r\n\xff bad\n" + b"y" * 3000 + b"\n"
    assert read_log(raw, 3) == ("  red", "\ufffd bad", "y" * (2000 - 256))


def test_no_word_is_cut_in_half() -> None:
    """Half a secret is not known for one any more, so what stands at a cut goes with the rest."""
    words = " ".join(["hunter2hunter2"] * 200)
    (line,) = read_log(words.encode(), 1)
    assert len(line) > 1900
    assert set(line.split()) == {"hunter2hunter2"}
    health = {"Health": {"Status": "unhealthy", "Log": [{"Output": words}]}}
    assert set(read_container(answer(health)).health_output.split()) == {"hunter2hunter2"}
    (line,) = read_log(("-".join(["hunter2hunter2"] * 9999)).encode(), 1)
    assert {word for word in line.split("-") if word} == {"hunter2hunter2"}


def test_a_huge_log_keeps_its_end() -> None:
    """Only the last 64 KiB are looked at, from the first whole line on."""
    lines = read_log(b"".join(b"line %06d\n" % number for number in range(20000)), 10**6)
    assert lines[-1] == "line 019999"
    assert all(len(line) == 11 for line in lines)
    assert len(lines) == 64 * 1024 // 12


def test_a_huge_line_keeps_its_end() -> None:
    """One line without an end is cut, not lost."""
    assert read_log(b"z" * 10**6, 5) == ("z" * (2000 - 256),)


def test_cleaning_makes_one_line() -> None:
    """A link and a title for the terminal go, the words stay."""
    assert clean("\x1b]0;title\x07a\r\nb\x1b]8;;http://x\x1b\\c\x00") == "a bc"


def test_a_label_filter_is_a_key_or_a_key_and_a_value() -> None:
    """As in `docker ps --filter label=`."""
    assert matches("a", {"a": "1"})
    assert matches("a=1", {"a": "1"})
    assert not matches("a=2", {"a": "1"})
    assert not matches("b", {"a": "1"})
    assert not matches("b=", {"a": "1"})
