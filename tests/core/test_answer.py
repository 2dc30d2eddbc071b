"""What is accepted of what a check, an action or a notifier hands back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import pytest

from tests.fakes import FakeClock
from watchdog.core.answer import (
    Rubbish,
    accept_observation,
    accept_outcome,
    accept_pins,
    accept_targets,
    accept_text,
    check_observation,
)
from watchdog.core.observation import Finding, Hand, Observation, Status
from watchdog.core.run import Outcome, Result, Then, Way

CLOCK = FakeClock()
NOW = CLOCK.now()
GOOD = Observation(
    check="disk",
    target="app",
    status=Status.CRITICAL,
    finding=Finding("full", {"free": 0, "share": 0.99, "path": "/", "mine": True, "who": None}),
    at=NOW,
    settled=False,
    look_again=1.5,
    stopped_by=Hand.PERSON,
    incarnation="a@b",
    version="v",
    patience=3,
    tell_after=9,
    near=True,
    evidence=("one", "two"),
    measurements={"free": -1.5},
)


class Text(str):
    """Text that would run somebody's code whenever it is looked at."""

    __slots__ = ()

    def __str__(self) -> str:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError


def test_an_answer_is_taken_as_it_is() -> None:
    """Every part of a good observation arrives, made anew of plain values."""
    facts = {"path": Text("/")}
    taken = accept_observation(GOOD, "disk", "app", NOW)
    assert taken == GOOD
    assert taken is not GOOD
    assert check_observation(GOOD, "disk", "app", NOW) is GOOD
    assert taken.finding.facts is not GOOD.finding.facts
    again = accept_observation(replace(GOOD, finding=Finding("full", facts)), "disk", "app", NOW)
    assert type(again.finding.facts["path"]) is str
    seen = replace(GOOD, finding=Finding("full", MappingProxyType({"free": 1})))
    assert accept_observation(seen, "disk", "app", NOW).finding.facts == {"free": 1}


class Other(Observation):
    """Not an observation, although it looks like one."""


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "it answered with nothing, not with an Observation"),
        (5, "it answered with a int, not with an Observation"),
        ({"check": "disk"}, "it answered with a dict, not with an Observation"),
        (Other(check="disk", target="app", status=Status.OK, finding=Finding("x"), at=NOW), "a Other"),
    ],
)
def test_what_is_no_observation_is_rubbish(answer: object, why: str) -> None:
    """A check that answers with anything else is told what it is."""
    with pytest.raises(Rubbish, match=why):
        accept_observation(answer, "disk", "app", NOW)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"check": "other"}, "it answered for another check"),
        ({"target": "db"}, "it answered about another target"),
        ({"status": "ok"}, "its status is a str, not a Status"),
        ({"status": None}, "its status is nothing, not a Status"),
        ({"stopped_by": "me"}, "its stopped_by is a str, not a Hand"),
        ({"settled": 1}, "its settled is a int, neither True nor False"),
        ({"finding": "full"}, "its finding is a str, not a Finding"),
        ({"finding": Finding("Full Disk!")}, "no word of small letters"),
        ({"finding": Finding("full", {"x": [1]})}, "its fact x is a list, not a number"),  # type: ignore[dict-item]
        ({"finding": Finding("full", {"x": float("nan")})}, "its fact x is no finite number"),
        ({"finding": Finding("full", {"x": 10**400})}, "a number that nothing can hold"),
        ({"finding": Finding("full", {"x": "y" * 5000})}, "5000 characters long, and 4000 are allowed"),
        (
            {"finding": Finding("full", {str(n): n for n in range(99)})},
            "its facts are 99, and 50 are allowed",
        ),
        ({"finding": Finding("full", ["x"])}, "its facts are a list, not a mapping"),  # type: ignore[arg-type]
        ({"finding": Finding("full", {1: 2})}, "its names of facts is a int, not text"),  # type: ignore[dict-item]
        ({"look_again": -1.0}, "its look_again is not between 0 and 86400"),
        ({"look_again": True}, "its look_again is a bool, not a number"),
        ({"patience": float("inf")}, "its patience is no finite number"),
        ({"tell_after": -1.0}, "its tell_after is not between 0 and 86400"),
        ({"near": 1}, "its near is a int, neither True nor False"),
        ({"patience": "1"}, "its patience is a str, not a number"),
        ({"incarnation": 7}, "its incarnation is a int, not text"),
        ({"version": "x" * 999}, "its version is 999 characters long"),
        ({"evidence": "text"}, "its evidence is a str, not a tuple of lines"),
        ({"evidence": (b"x",)}, "its line of evidence is a bytes, not text"),
        ({"evidence": ("x",) * 501}, "501 lines, and 500 are allowed"),
        ({"evidence": ("x" * 200_000,) * 2}, "longer than 262144 characters"),
        ({"measurements": {"x": "y"}}, "its measurement x is a str, not a number"),
        ({"measurements": {"x": 10**400}}, "its measurement x is no finite number"),
        ({"at": 5}, "its time is a int, not a Moment"),
        ({"at": replace(NOW, wall=datetime(2026, 1, 1))}, "its time has no time zone"),  # noqa: DTZ001
        ({"at": replace(NOW, wall="now")}, "its time has no time zone"),  # type: ignore[arg-type]
        ({"at": replace(NOW, boot=float("nan"))}, "its time is none of this machine"),
        ({"at": replace(NOW, boot="1")}, "its time is none of this machine"),  # type: ignore[arg-type]
        ({"at": replace(NOW, boot=NOW.boot + 1)}, "its time is none that has been"),
        ({"at": replace(NOW, boot_id="another")}, "its time is none that has been"),
    ],
)
def test_rubbish_in_an_observation_is_named(changed: dict[str, Any], why: str) -> None:
    """What is wrong is said in a few words, without what stands there."""
    for believe in (accept_observation, check_observation):
        with pytest.raises(Rubbish, match=why):
            believe(replace(GOOD, **changed), "disk", "app", NOW)


def test_how_an_action_ended_is_taken_or_named() -> None:
    """Done is only what says so."""
    good = Outcome(result=Result.FAILED, reason="no", hopeless=True, evidence=("a",))
    assert accept_outcome(good) == good
    for bad in (
        None,
        True,
        replace(good, result="done"),  # type: ignore[arg-type]
        replace(good, reason=None),  # type: ignore[arg-type]
        replace(good, hopeless=None),  # type: ignore[arg-type]
        replace(good, evidence=(1,)),  # type: ignore[arg-type]
    ):
        with pytest.raises(Rubbish):
            accept_outcome(bad)


def test_how_a_ladder_goes_on_is_bounded() -> None:
    """Who finds out for us can let us wait for a day at most, and says it in plain values."""
    then = Then(way=Way.WAIT, cause="rate_limited", seconds=60.0, target="influxdb", attempts=2)
    good = Outcome(result=Result.DONE, then=then)
    assert accept_outcome(good) == good
    for bad in (
        "wait",
        replace(then, way="wait"),  # type: ignore[arg-type]
        replace(then, cause=None),  # type: ignore[arg-type]
        replace(then, seconds=float("nan")),
        replace(then, seconds=1e9),
        replace(then, seconds=-1.0),
        replace(then, target=5),  # type: ignore[arg-type]
        replace(then, attempts=0),
        replace(then, attempts=True),
    ):
        with pytest.raises(Rubbish):
            accept_outcome(replace(good, then=bad))  # type: ignore[arg-type]


def test_lines_and_pins_are_text() -> None:
    """Nothing else is shown, hashed or kept."""
    assert accept_text("so") == "so"
    assert accept_pins({"image": "sha256:1"}) == {"image": "sha256:1"}
    assert accept_targets(None) is None
    assert accept_targets(["shop"]) == ("shop",)
    for targets in ("shop", (5,), ("x",) * 501):
        with pytest.raises(Rubbish):
            accept_targets(targets)
    for bad in (None, 5, "x" * 5000):
        with pytest.raises(Rubbish):
            accept_text(bad)
    for pins in (None, {"image": 5}, {5: "image"}):
        with pytest.raises(Rubbish):
            accept_pins(pins)
