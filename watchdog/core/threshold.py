"""How often a check must see the same before it is believed: one slow answer is no outage."""

from __future__ import annotations

from dataclasses import dataclass, replace

from watchdog.core.observation import Observation, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """How many looks in a row it takes.

    Attributes:
        failures: to believe that a target is sick.
        successes: to believe that it is well again.
        again: seconds after which an unbelieved look is made once more.
    """

    failures: int = 1
    successes: int = 1
    again: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """The looks in a row that said the same, and what is believed meanwhile (None before the first)."""

    sick: bool = False
    count: int = 0
    believed: bool | None = None


def believe(streak: Streak, seen: Observation, threshold: Threshold) -> tuple[Streak, Observation]:
    """The look as it counts: one that is not believed yet is neither proof of health nor a reason to act.

    UNKNOWN and looks at what still moves neither count nor end a streak.
    """
    if seen.status is Status.UNKNOWN or not seen.settled:
        return streak, seen
    sick = seen.status is Status.CRITICAL
    count = streak.count + 1 if streak.count and streak.sick == sick else 1
    needed = threshold.failures if sick else threshold.successes
    # The first look ever at what is well is believed: there is nothing that it could contradict.
    if count >= needed or streak.believed is sick or (streak.believed is None and not sick):
        return Streak(sick=sick, count=count, believed=sick), seen
    waiting = replace(streak, sick=sick, count=count)
    return waiting, replace(seen, settled=False, look_again=threshold.again)
