"""Somebody else is at work: an update or a restart that is not ours, and in whose way we must not be.

`compose up --force-recreate` creates the new container, stops and destroys the old one and starts the new one,
and does so with one target after the other. What is sick in between is theirs to finish.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from watchdog.core.event import EngineEvent, Life
from watchdog.core.moment import Moment
from watchdog.core.observation import Hand
from watchdog.core.verdict import Allow, Refuse, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideLimits:
    """How long to stand aside. Seconds; every default is the promise.

    Attributes:
        quiet: nothing foreign must have happened for so long.
        longest: who is at work without a break for longer than this is not waited for.
    """

    quiet: float = 15.0
    longest: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignWork:
    """Somebody else is at work on a target: since when without a break, and the latest that was seen of it."""

    began: Moment
    latest: Moment

    def seen(self, limits: AsideLimits, now: Moment) -> ForeignWork:
        """The same after one more act; after a break it is another work."""
        if not self.goes_on(limits, now):
            return ForeignWork(began=now, latest=now)
        return replace(self, latest=now)

    def goes_on(self, limits: AsideLimits, now: Moment) -> bool:
        """Whether it may still be under way. What was before a reboot is not any more."""
        return self.latest.boot_id == now.boot_id and now.seconds_since(self.latest) < limits.quiet


def is_foreign(event: EngineEvent, hand: Hand, before: Life, *, ours: bool, engine_restarts: bool) -> bool:
    """Whether this event shows somebody else at work.

    `hand` and `before` are as for `Life.after`. `ours`: a step of ours runs on the target, or just did: nobody
    announces a start. `engine_restarts`: the engine's own restart policy answers for its end; such a start is
    only foreign when a person had ended the container.
    """
    match event.action:
        case "create" | "destroy":
            return hand is Hand.PERSON
        case "start":
            # Who created it starts it once; every later start is another's.
            first = before.created_by if before.started is None else None
            by_person = Hand.PERSON in (before.ended_by, first)
            return not ours and (by_person or not engine_restarts)
        case _:
            return False


def judge_stand_aside(
    works: Mapping[str, ForeignWork], concerned: AbstractSet[str], limits: AsideLimits, now: Moment
) -> Verdict:
    """May we act now, or is somebody else at work on what concerns us?

    `works`: by target. `concerned`: the target that we would act on, and what it depends on. Who has been at work
    for too long is not waited for: a program that starts a container for ever must not keep us from healing.
    """
    waits = [
        limits.quiet - now.seconds_since(work.latest)
        for target, work in works.items()
        if target in concerned
        and work.goes_on(limits, now)
        and now.seconds_since(work.began) < limits.longest
    ]
    return Refuse("standing-aside", wait=max(waits)) if waits else Allow()
