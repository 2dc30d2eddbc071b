"""Somebody else is at work."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from watchdog.core.event import EngineEvent, Life
from watchdog.core.observation import Hand
from watchdog.core.stand_aside import AsideLimits, ForeignWork, is_foreign, judge_stand_aside
from watchdog.core.verdict import Allow, Refuse

LIMITS = AsideLimits()


def event(action: str) -> EngineEvent:
    """An event of one container."""
    return EngineEvent(action=action, container_id="c0ffee", time=1)


@pytest.mark.parametrize("action", ["create", "destroy"])
def test_who_creates_or_destroys_is_at_work(action: str) -> None:
    """Unless we announced it."""
    life = Life(container_id="c0ffee")
    assert is_foreign(event(action), Hand.PERSON, life, ours=False, engine_restarts=True)
    assert not is_foreign(event(action), Hand.WATCHDOG, life, ours=False, engine_restarts=True)


def test_a_start_by_the_restart_policy_is_nobodys_work() -> None:
    """The engine starts what fell by itself: that is no reason to stand aside."""
    fell = Life(container_id="c0ffee", ended_by=Hand.ITSELF)
    assert not is_foreign(event("start"), Hand.PERSON, fell, ours=False, engine_restarts=True)
    assert is_foreign(event("start"), Hand.PERSON, fell, ours=False, engine_restarts=False)


def test_who_created_it_long_ago_is_not_at_work() -> None:
    """A container that a person made and started, and that falls over and over, is restarted by the engine."""
    fell = Life(container_id="c0ffee", created_by=Hand.PERSON, started=7, ended_by=Hand.ITSELF)
    assert not is_foreign(event("start"), Hand.PERSON, fell, ours=False, engine_restarts=True)


@pytest.mark.parametrize(
    "life",
    [
        Life(container_id="c0ffee", ended_by=Hand.PERSON),
        Life(container_id="c0ffee", created_by=Hand.PERSON),
    ],
)
def test_a_start_after_a_persons_stop_or_create_is_theirs(life: Life) -> None:
    """`docker restart` and `compose up`, whatever the restart policy."""
    assert is_foreign(event("start"), Hand.PERSON, life, ours=False, engine_restarts=True)
    assert not is_foreign(event("start"), Hand.PERSON, life, ours=True, engine_restarts=True)


def test_other_events_show_nothing() -> None:
    """A stop makes a target held; that is another rule."""
    life = Life(container_id="c0ffee")
    assert not is_foreign(event("die"), Hand.PERSON, life, ours=False, engine_restarts=False)


def test_it_is_waited_until_nothing_foreign_has_happened_for_a_while() -> None:
    """Fifteen seconds after the latest act on the target, or on what it needs."""
    clock = FakeClock()
    began = clock.now()
    works = {"db": ForeignWork(began=began, latest=began).seen(LIMITS, clock.advance(10))}
    now = clock.advance(5)
    assert judge_stand_aside(works, {"api", "db"}, LIMITS, now) == Refuse("standing-aside", wait=10)
    assert judge_stand_aside(works, {"web"}, LIMITS, now) == Allow()
    assert judge_stand_aside(works, {"api", "db"}, LIMITS, clock.advance(10)) == Allow()
    assert judge_stand_aside({}, {"api"}, LIMITS, now) == Allow()


def test_who_never_ends_is_not_waited_for() -> None:
    """After five minutes of work without a break we heal again; after a break it is another work."""
    clock = FakeClock()
    work = ForeignWork(began=clock.now(), latest=clock.now())
    for _ in range(30):
        work = work.seen(LIMITS, clock.advance(10))
    assert judge_stand_aside({"web": work}, {"web"}, LIMITS, clock.now()) == Allow()
    work = work.seen(LIMITS, clock.advance(15))
    assert judge_stand_aside({"web": work}, {"web"}, LIMITS, clock.now()) == Refuse("standing-aside", wait=15)


def test_a_reboot_ends_all_work() -> None:
    """Nobody works across it."""
    clock = FakeClock()
    work = ForeignWork(began=clock.now(), latest=clock.now())
    clock.reboot()
    assert judge_stand_aside({"web": work}, {"web"}, LIMITS, clock.now()) == Allow()
