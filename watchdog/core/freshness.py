"""Is data still arriving? From the time of a series' newest point, and from whether it moves at all.

The age of a point needs the wall clock, which can be wrong or be set. So it is believed only together with what
no clock can fake: that the newest point was the same the whole time. Nothing is concluded from what could not
be read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from watchdog.core.moment import Moment
from watchdog.core.observation import CLOSED, Fact, Finding, Observation, Status
from watchdog.core.trading_hours import TradingHours

# Seconds by which the wall clock may gain or lose between two looks without having been set.
JUMP = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessRules:
    """When a series counts as silent. Seconds.

    Attributes:
        warn, critical: the age of the newest point from which on it is late, and from which on it is silent.
        ahead: how far in the future a point may lie: clocks differ a little.
        hours: when points are expected at all; always, if None.
    """

    warn: float = 120.0
    critical: float = 300.0
    ahead: float = 30.0
    hours: TradingHours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a source answered.

    Attributes:
        newest: Unix time of the newest point that does not lie in the future; None when there is none.
        future: Unix time of a point that does.
        whole: False when having none says nothing (the source itself may have forgotten or not begun).
    """

    newest: float | None
    future: float | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is remembered of a series between two looks.

    Attributes:
        newest: the time of its newest point.
        looked: when we looked.
        moved: when we first saw that point after having seen an older one; None before that happened.
        jumped: when we noticed that the wall clock had been set; None while that is of no importance.
    """

    newest: float | None
    looked: Moment
    moved: Moment | None = None
    jumped: Moment | None = None


def closed(check: str, series: str, rules: FreshnessRules, now: Moment) -> Observation | None:
    """What is seen outside the hours of a series, without asking anybody; None within them."""
    if rules.hours is None or rules.hours.opened(now.wall) is not None:
        return None
    return _observation(check, series, Status.OK, Finding(CLOSED), now)


def judge_freshness(
    check: str, series: str, reading: Reading, mark: Mark | None, *, rules: FreshnessRules, now: Moment
) -> tuple[Observation, Mark]:
    """What the reading means, and what to remember of it."""
    newest = reading.newest
    if newest is None and reading.whole and mark is not None:
        newest = mark.newest  # there were points: that there are none any more is silence, too
    kept = _remember(newest, mark, now, rules)
    outside = closed(check, series, rules, now)
    if outside is not None:
        return outside, kept
    if newest is None:
        return _observation(check, series, Status.UNKNOWN, Finding("no_points"), now), kept
    status, finding = _judge(newest, reading.future, kept, rules, now)
    return _observation(check, series, status, finding, now), kept


def _judge(
    newest: float, future: float | None, kept: Mark, rules: FreshnessRules, now: Moment
) -> tuple[Status, Finding]:
    wall = now.wall.timestamp()
    age = max(0.0, wall - newest)
    seconds: dict[str, Fact] = {"age": round(age)}
    counted = min(age, _open_for(rules, now))
    if newest - wall > rules.ahead:
        return Status.UNKNOWN, Finding("from_the_future", {"ahead": round(newest - wall)})
    if counted <= rules.warn:
        return Status.OK, Finding("fresh", seconds)
    if future is not None:
        # Somebody's clock is ahead: how old these points really are is not known.
        return Status.UNKNOWN, Finding("from_the_future", {"ahead": max(0, round(future - wall))})
    if kept.jumped is not None:
        return Status.UNKNOWN, Finding("clock_was_set", seconds)
    if kept.moved is not None and now.seconds_since(kept.moved) <= rules.warn:
        # Old points, yet others than before: it is catching up, or its clock is behind. A restart would only hurt.
        return Status.WARNING, Finding("behind", seconds)
    if counted <= rules.critical:
        return Status.WARNING, Finding("late", {**seconds, "allowed": round(rules.warn)})
    return Status.CRITICAL, Finding("silent", {**seconds, "allowed": round(rules.critical)})


def _remember(newest: float | None, mark: Mark | None, now: Moment, rules: FreshnessRules) -> Mark:
    if mark is None:
        return Mark(newest=newest, looked=now)
    jumped = now if _was_set(mark.looked, now) else mark.jumped
    moved = mark.moved
    if newest is not None and mark.newest is not None and newest > mark.newest:
        # Seen while we looked on; after a pause of ours it may have come long ago.
        moved = now if now.seconds_since(mark.looked) <= rules.warn else None
        if jumped is not None and jumped is not now and now.wall.timestamp() - newest <= rules.warn:
            jumped = None  # a point of the new time: ages are right again
    if jumped is not None and now.seconds_since(jumped) > rules.critical:
        jumped = None  # points had time enough to come
    if newest is None:
        newest = mark.newest
    return replace(mark, newest=newest, looked=now, moved=moved, jumped=jumped)


def _was_set(before: Moment, now: Moment) -> bool:
    if before.boot_id != now.boot_id:
        return False
    return abs((now.wall - before.wall).total_seconds() - (now.boot - before.boot)) > JUMP


def _open_for(rules: FreshnessRules, now: Moment) -> float:
    """Seconds since the session began: before that, nothing was expected."""
    opened = rules.hours.opened(now.wall) if rules.hours is not None else None
    return float("inf") if opened is None else (now.wall - opened).total_seconds()


def _observation(check: str, series: str, status: Status, finding: Finding, now: Moment) -> Observation:
    age = finding.facts.get("age")
    return Observation(
        check=check,
        target=series,
        status=status,
        finding=finding,
        at=now,
        measurements={"age_seconds": float(age)} if isinstance(age, int | float) else {},
    )
