"""Why does a feeder deliver nothing? Rules, tried in order on what was gathered; the first that fits decides.

Nothing is asked here, and what could not be asked (None) fits no rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from watchdog.core.run import Then, Way
from watchdog.core.timestamp import find_in

# A wait that somebody else's log asks for is believed up to here; a ban of Binance lasts three days at most.
LONGEST_WAIT = 3 * 86400.0
# Seconds by which we wait longer than told: clocks differ, and the first try after it must not be ours.
MARGIN = 5.0
MOST_LINES = 5
# How HTTP writes a time, in a header such as Retry-After.
HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log, and how many seconds old it is."""

    age: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that was gathered. What could not be asked is None, or is not there.

    Attributes:
        now: Unix time of it.
        log: oldest first; only lines since the container's latest start.
        running: whether its container runs; ran: for how many seconds.
        health: what /health answered, as JSON; None when it did not.
        answers: whether /health answered at all.
        metrics: by name, the greatest of all series.
        exchange, independent: whether each of these hosts can be connected to from here.
        down: the targets, of those that the rules name, that are not well.
    """

    now: float
    log: tuple[LogLine, ...] = ()
    running: bool | None = None
    ran: float | None = None
    health: object = None
    answers: bool | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    exchange: tuple[bool | None, ...] = ()
    independent: tuple[bool | None, ...] = ()
    down: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What must be so, all of it, for a rule to fit; what is None is not asked for.

    Attributes:
        log: stands in a line that is no older than `recent` seconds; may name groups `wait` (seconds), `until` (Unix
            time in seconds or milliseconds) and `date` (as HTTP writes it).
        quiet: the log has no line younger than so many seconds.
        younger: its container was started less than so many seconds ago.
        answers: whether /health answers.
        health_path, health_value: what stands at a path of /health.
        metric_older: a metric that is a Unix time, and how many seconds ago that is at least.
        metric_above: a metric, and what it is above of.
        exchange, independent: True: one of these hosts can be connected to; False: none can.
        down: a target that is not well.
    """

    log: re.Pattern[str] | None = None
    recent: float = 300.0
    quiet: float | None = None
    younger: float | None = None
    answers: bool | None = None
    health_path: str = ""
    health_value: object = None
    metric_older: tuple[str, float] | None = None
    metric_above: tuple[str, float] | None = None
    exchange: bool | None = None
    independent: bool | None = None
    down: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One cause: any of its signs shows it (without any it always fits), and what follows.

    Attributes:
        told: the wait is what the matching line asks for, counted from that line; `then.seconds` if it says none.
            Once it is over, the rule does not fit any more.
    """

    cause: str
    signs: tuple[Sign, ...]
    then: Then
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one file, in their order. `lines`: only lines like this count as signs."""

    name: str
    rules: tuple[Rule, ...]
    lines: re.Pattern[str] | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets whose state the rules ask for."""
        named = [sign.down for rule in self.rules for sign in rule.signs if sign.down]
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosed:
    """The cause that was found, what follows, and the lines that show it."""

    then: Then
    lines: tuple[str, ...] = ()


def diagnose(rules: Rules, evidence: Evidence) -> Diagnosed:
    """The first rule that fits. Where none does a human has to look: that cause is `unknown`."""
    counted = tuple(line for line in evidence.log if rules.lines is None or rules.lines.search(line.text))
    for rule in rules.rules:
        if not rule.signs:
            return Diagnosed(then=rule.then)
        for sign in rule.signs:
            matches = _matches(sign, counted)
            if (sign.log is not None and not matches) or not _holds(sign, evidence):
                continue
            shown = tuple(line.text for line, _ in matches[-MOST_LINES:])
            if not rule.told:
                return Diagnosed(then=rule.then, lines=shown)
            left = _left(matches, rule.then.seconds, evidence.now)
            if left > 0:
                then = Then(way=rule.then.way, cause=rule.cause, seconds=left, target=rule.then.target)
                return Diagnosed(then=then, lines=shown)
    return Diagnosed(then=Then(way=Way.HAND_OVER, cause="unknown"))


def _matches(sign: Sign, lines: Sequence[LogLine]) -> list[tuple[LogLine, re.Match[str]]]:
    if sign.log is None:
        return []
    recent = (line for line in lines if line.age <= sign.recent)
    return [(line, found) for line in recent if (found := sign.log.search(line.text))]


def _left(matches: Sequence[tuple[LogLine, re.Match[str]]], otherwise: float, now: float) -> float:
    """Seconds that are still to be waited: the longest that any of the lines asks for."""
    waits = []
    for line, found in matches:
        groups = found.groupdict()
        until, wait = _number(groups.get("until")), _number(groups.get("wait"))
        date = _date(groups.get("date"))
        if date is not None:
            waits.append(date - now)
        elif until is not None:
            waits.append((until / 1000 if until > 1e11 else until) - now)  # noqa: PLR2004 - milliseconds
        else:
            waits.append((otherwise if wait is None else wait) - line.age)
    longest = max(waits, default=otherwise)
    return min(longest + MARGIN, LONGEST_WAIT)


def _number(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdecimal() and len(text) < 20 else None  # noqa: PLR2004 - no number of seconds


def _date(text: str | None) -> float | None:
    try:
        return datetime.strptime(text or "", HTTP_DATE).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _holds(sign: Sign, evidence: Evidence) -> bool:
    """Whether all holds that is no pattern of the log."""
    return all(
        (
            sign.quiet is None or all(line.age >= sign.quiet for line in evidence.log),
            sign.younger is None or (evidence.ran is not None and evidence.ran < sign.younger),
            sign.answers is None or evidence.answers is sign.answers,
            not sign.health_path or _stands(evidence.health, sign.health_path, sign.health_value),
            sign.metric_older is None or _is_older(evidence, *sign.metric_older),
            sign.metric_above is None
            or evidence.metrics.get(sign.metric_above[0], 0.0) > sign.metric_above[1],
            sign.exchange is None or reached(evidence.exchange) is sign.exchange,
            sign.independent is None or reached(evidence.independent) is sign.independent,
            not sign.down or sign.down in evidence.down,
        )
    )


def reached(hosts: Sequence[bool | None]) -> bool | None:
    """True: one of them can be connected to; False: all were tried, and none can; None: not known."""
    if any(hosts):
        return True
    return None if not hosts or None in hosts else False


def _stands(health: object, path: str, value: object) -> bool:
    try:
        found = find_in(health, path)
    except KeyError:
        return False
    return type(found) is type(value) and found == value


def _is_older(evidence: Evidence, name: str, seconds: float) -> bool:
    value = evidence.metrics.get(name)
    # 0 is what is exported before the first time: as old as can be.
    return value is not None and evidence.now - value >= seconds
