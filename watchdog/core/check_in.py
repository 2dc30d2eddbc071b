"""Check-ins: jobs that say when they begin, end and fail, and what their silence means (a dead man's switch).

The signals are those of healthchecks.io: start, success, fail, or the exit status of the job.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from watchdog.core.moment import Moment
from watchdog.core.observation import Fact, Finding, Observation, Status

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
VARIABLE = "WATCHDOG_CHECK_IN_"
# Shorter ones can be guessed, and could be mistaken for a signal in a path.
SHORTEST_TOKEN = 16
MOST_A_MINUTE = 10
_MINUTE = 60.0
_LARGEST_EXIT = 255
_TOKEN = re.compile(r"[A-Za-z0-9._~-]+")


class Signal(StrEnum):
    """What a job says of itself."""

    START = "start"
    SUCCESS = "success"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """One signal. `exit_status` if that is what was sent; `note`: the beginning of what came with it, redacted."""

    signal: Signal
    at: Moment
    exit_status: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """What is remembered of one job.

    Attributes:
        expected: since when it is expected at all.
        started: when it said that it began, None unless it has not ended yet. Of several, the first.
        succeeded: when it last ended well.
        failed: when it last ended badly, None once it ended well again.
        lasted: seconds from its start to its end, the last time that both were told.
    """

    name: str
    expected: Moment
    started: Moment | None = None
    succeeded: Moment | None = None
    failed: Moment | None = None
    exit_status: int | None = None
    lasted: float | None = None
    note: str = ""

    def after(self, ping: Ping) -> CheckIn:
        """The same, with one more signal."""
        if ping.signal is Signal.START:
            return replace(self, started=self.started or ping.at)
        lasted = self.lasted if self.started is None else ping.at.seconds_since(self.started)
        ended = replace(
            self, started=None, lasted=lasted, exit_status=ping.exit_status, note=ping.note or self.note
        )
        if ping.signal is Signal.SUCCESS:
            return replace(ended, succeeded=ping.at, failed=None)
        return replace(ended, failed=ping.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInRules:
    """When a job is expected. Seconds.

    Attributes:
        period: from one success to the next.
        grace: how much later it may come.
        longest: how long one run of it may take; as long as `grace`, if None.
    """

    period: float
    grace: float
    longest: float | None = None


def judge_check_in(check: str, job: CheckIn, rules: CheckInRules, now: Moment) -> Observation:
    """What the signals of a job, or their absence, mean now."""
    longest = rules.grace if rules.longest is None else rules.longest
    last = job.succeeded or job.expected
    age = seconds_between(last, now)
    due, last_due = rules.period - age, rules.period + rules.grace - age

    def seen(status: Status, kind: str, look_again: float | None = None, **facts: Fact) -> Observation:
        measured = {"age_seconds": age} | ({} if job.lasted is None else {"lasted_seconds": job.lasted})
        return Observation(
            check=check,
            target=job.name,
            status=status,
            finding=Finding(kind, facts),
            at=now,
            # Its grace is the time in which nobody wants to hear of it.
            tell_after=None,
            # Before its first signal nothing is known of it, and nothing is wrong with it.
            settled=kind != "check_in_awaited",
            look_again=look_again,
            evidence=tuple(job.note.splitlines()) if status is Status.CRITICAL else (),
            measurements=measured,
        )

    if job.failed is not None:
        return seen(
            Status.CRITICAL,
            "job_failed",
            age=round(seconds_between(job.failed, now)),
            exit_code=job.exit_status,
        )
    if job.started is not None:
        running = seconds_between(job.started, now)
        if running > longest:
            return seen(Status.CRITICAL, "job_overran", age=round(running), allowed=round(longest))
        return seen(Status.OK, "job_running", longest - running, age=round(running))
    if last_due < 0:
        return seen(
            Status.CRITICAL, "check_in_missed", age=round(age), allowed=round(rules.period + rules.grace)
        )
    if due < 0:
        return seen(Status.WARNING, "check_in_late", last_due, age=round(age), allowed=round(rules.period))
    if job.succeeded is None:
        return seen(Status.OK, "check_in_awaited", due, age=round(age), allowed=round(rules.period))
    return seen(Status.OK, "checked_in", due, age=round(age))


def seconds_between(then: Moment, now: Moment) -> float:
    """Seconds that passed, also across a reboot, where only the wall clock can say it.

    A wall clock that was set back must not hide a silence, so the seconds since the boot are the least.
    """
    certain = now.seconds_since(then)
    return certain if then.boot_id == now.boot_id else max(certain, (now.wall - then.wall).total_seconds())


def read_signal(word: str) -> tuple[Signal, int | None] | None:
    """`start`, `fail`, nothing, or an exit status from 0 to 255; None for any other word."""
    if word in ("", "success"):
        return Signal.SUCCESS, None
    if word in (Signal.START, Signal.FAIL):
        return Signal(word), None
    if word.isascii() and word.isdecimal() and len(word) <= 3 and int(word) <= _LARGEST_EXIT:  # noqa: PLR2004 - 255
        return (Signal.SUCCESS if int(word) == 0 else Signal.FAIL), int(word)
    return None


def variable_of(name: str) -> str:
    """The variable (or secret file) that holds the token of a job: WATCHDOG_CHECK_IN_NIGHTLY_BACKUP."""
    return VARIABLE + name.upper().replace("-", "_")


def object_to_token(token: str) -> str:
    """Why this cannot be a token, "" if it can. Never shows it."""
    if not token:
        return "is not set"
    if len(token) < SHORTEST_TOKEN:
        return f"is shorter than {SHORTEST_TOKEN} characters"
    if not _TOKEN.fullmatch(token):
        return "has characters that do not belong into a URL; `openssl rand -hex 16` makes a good one"
    return ""


def allow(recent: tuple[Moment, ...], now: Moment) -> tuple[bool, tuple[Moment, ...]]:
    """Whether one more signal is taken, at most ten within a minute, and what to remember."""
    kept = tuple(at for at in recent if now.seconds_since(at) < _MINUTE)
    if len(kept) >= MOST_A_MINUTE:
        return False, kept
    return True, (*kept, now)
