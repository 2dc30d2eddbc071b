"""What a check, an action or a notifier hands back is believed only if it is what it has to be.

Everything that is accepted is made anew of plain values: nothing that an answer was made of is looked at again
later, when it may have become something else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from watchdog.core.errors import Misbehaved
from watchdog.core.moment import Moment
from watchdog.core.observation import Fact, Finding, Hand, Observation, Status
from watchdog.core.run import Outcome, Result, Then, Way

# More than any honest answer holds, and little enough to be kept, told and shown.
LONGEST_TEXT = 4000
LONGEST_NAME = 500
MOST_LINES = 500
MOST_FACTS = 50
# All lines of one answer together, in characters.
MOST_EVIDENCE = 256 * 1024
# Nobody needs longer than a day to prove its health, nor waits longer for the next look.
LONGEST_WAIT = 86400.0
_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")

W = TypeVar("W", bound=Hand | Status | Result | Way)


class Rubbish(Misbehaved):
    """An answer that is none; its text says what is wrong with it, in a few words without anything of it."""


def check_observation(answer: object, check: str, target: str, now: Moment) -> Observation:
    """The very answer that a check of ours gave, if it is an observation of this target. Raises `Rubbish`."""
    seen, *_ = _examine(answer, check, target, now)
    return seen


def accept_observation(answer: object, check: str, target: str, now: Moment) -> Observation:
    """The observation that a check made of a target, made anew, if it is one.

    Raises:
        Rubbish: what is wrong with it.
    """
    seen, finding, evidence, measurements, texts, numbers = _examine(answer, check, target, now)
    incarnation, version = texts
    look_again, patience, tell_after = numbers
    return Observation(
        check=check,
        target=target,
        status=seen.status,
        finding=finding,
        at=seen.at,
        settled=seen.settled,
        look_again=look_again,
        stopped_by=seen.stopped_by,
        incarnation=incarnation,
        version=version,
        patience=patience,
        tell_after=tell_after,
        near=seen.near,
        evidence=evidence,
        measurements=measurements,
    )


_Parts = tuple[
    Observation,
    Finding,
    tuple[str, ...],
    dict[str, float],
    tuple[str, str],
    tuple[float | None, float, float | None],
]


def _examine(answer: object, check: str, target: str, now: Moment) -> _Parts:
    """The answer, and those of its parts that could change, as plain values. Raises `Rubbish`."""
    if type(answer) is not Observation:
        raise Rubbish(f"it answered with {_kind_of(answer)}, not with an Observation")
    if answer.check != check:
        raise Rubbish("it answered for another check")
    if answer.target != target:
        raise Rubbish("it answered about another target")
    _member(answer.status, Status, "status")
    _moment(answer.at, now)
    _flag(answer.settled, "settled")
    _flag(answer.near, "near")
    if answer.stopped_by is not None:
        _member(answer.stopped_by, Hand, "stopped_by")
    look_again, tell_after = answer.look_again, answer.tell_after
    return (
        answer,
        _finding(answer.finding),
        _lines(answer.evidence),
        _measurements(answer.measurements),
        (
            _text(answer.incarnation, "incarnation", LONGEST_NAME),
            _text(answer.version, "version", LONGEST_NAME),
        ),
        (
            None if look_again is None else _number(look_again, "look_again", most=LONGEST_WAIT),
            _number(answer.patience, "patience", most=LONGEST_WAIT),
            None if tell_after is None else _number(tell_after, "tell_after", most=LONGEST_WAIT),
        ),
    )


def accept_outcome(answer: object) -> Outcome:
    """How an action ended, if it is that. Raises `Rubbish`."""
    if type(answer) is not Outcome:
        raise Rubbish(f"it answered with {_kind_of(answer)}, not with an Outcome")
    return Outcome(
        result=_member(answer.result, Result, "result"),
        reason=_text(answer.reason, "reason", LONGEST_TEXT),
        hopeless=_flag(answer.hopeless, "hopeless"),
        evidence=_lines(answer.evidence),
        then=None if answer.then is None else _then(answer.then),
    )


def accept_text(answer: object, longest: int = LONGEST_TEXT) -> str:
    """A line, or a receipt. Raises `Rubbish`."""
    return _text(answer, "answer", longest)


def accept_targets(answer: object) -> tuple[str, ...] | None:
    """What a check looks at, by name; None: every container. Raises `Rubbish`."""
    if answer is None:
        return None
    if not isinstance(answer, tuple | list):
        raise Rubbish(f"its targets are {_kind_of(answer)}, not a tuple of names")
    if len(answer) > MOST_LINES:
        raise Rubbish(f"its targets are {len(answer)}, and {MOST_LINES} are allowed")
    return tuple(_text(name, "target", LONGEST_NAME) for name in answer)


def accept_pins(answer: object) -> dict[str, str]:
    """What exactly an action would ship, by name. Raises `Rubbish`."""
    pairs = _pairs(answer, "pins")
    return {name: _text(value, f"pin {name}", LONGEST_TEXT) for name, value in pairs.items()}


def _finding(finding: object) -> Finding:
    if type(finding) is not Finding:
        raise Rubbish(f"its finding is {_kind_of(finding)}, not a Finding")
    kind = _text(finding.kind, "finding", LONGEST_NAME)
    if not _WORD.fullmatch(kind):
        raise Rubbish("the word for its finding is no word of small letters, digits and _")
    return Finding(kind, {name: _fact(value, name) for name, value in _pairs(finding.facts, "facts").items()})


def _fact(value: object, name: str) -> Fact:
    if value is None or type(value) is bool:
        return value
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    if isinstance(value, str):
        return (
            value
            if type(value) is str and len(value) <= LONGEST_TEXT
            else _text(value, f"fact {name}", LONGEST_TEXT)
        )
    if isinstance(value, int):
        plain = int.__add__(value, 0)
        if not -(2**63) <= plain < 2**63:
            raise Rubbish(f"its fact {name} is a number that nothing can hold")
        return plain
    return _number(value, f"fact {name}", least=-math.inf)


def _measurements(measurements: object) -> dict[str, float]:
    pairs = _pairs(measurements, "measurements")
    return {name: _number(value, f"measurement {name}", least=-math.inf) for name, value in pairs.items()}


def _pairs(mapping: object, what: str) -> dict[str, object]:
    if type(mapping) is dict and not mapping:
        return {}
    if type(mapping) is not dict and not isinstance(mapping, Mapping):
        raise Rubbish(f"its {what} are {_kind_of(mapping)}, not a mapping")
    if len(mapping) > MOST_FACTS:
        raise Rubbish(f"its {what} are {len(mapping)}, and {MOST_FACTS} are allowed")
    names = f"names of {what}"
    return {_text(name, names, 64): value for name, value in mapping.items()}


def _lines(lines: object) -> tuple[str, ...]:
    if type(lines) is tuple and not lines:
        return lines
    if not isinstance(lines, tuple | list):
        raise Rubbish(f"its evidence is {_kind_of(lines)}, not a tuple of lines")
    if len(lines) > MOST_LINES:
        raise Rubbish(f"its evidence has {len(lines)} lines, and {MOST_LINES} are allowed")
    texts = tuple(_text(line, "line of evidence", MOST_EVIDENCE) for line in lines)
    if sum(map(len, texts)) > MOST_EVIDENCE:
        raise Rubbish(f"its evidence is longer than {MOST_EVIDENCE} characters")
    return texts


def _text(value: object, what: str, longest: int) -> str:
    if type(value) is str and len(value) <= longest:
        return value
    if not isinstance(value, str):
        raise Rubbish(f"its {what} is {_kind_of(value)}, not text")
    if str.__len__(value) > longest:
        raise Rubbish(f"its {what} is {str.__len__(value)} characters long, and {longest} are allowed")
    return str.__str__(value)


def _number(value: object, what: str, *, least: float = 0.0, most: float = math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Rubbish(f"its {what} is {_kind_of(value)}, not a number")
    try:
        plain = int.__add__(value, 0) if isinstance(value, int) else float.__add__(value, 0.0)
        finite = math.isfinite(plain)
    except OverflowError:
        finite = False
    if not finite:
        raise Rubbish(f"its {what} is no finite number")
    if not least <= plain <= most:
        raise Rubbish(f"its {what} is not between {least:g} and {most:g}")
    return plain


def _flag(value: object, what: str) -> bool:
    if type(value) is not bool:
        raise Rubbish(f"its {what} is {_kind_of(value)}, neither True nor False")
    return value


def _then(answer: object) -> Then:
    if type(answer) is not Then:
        raise Rubbish(f"how it goes on is {_kind_of(answer)}, not a Then")
    if answer.attempts is not None and (type(answer.attempts) is not int or answer.attempts < 1):
        raise Rubbish("how often it may be tried is no number from 1 up")
    if type(answer.seconds) not in (int, float) or not 0 <= answer.seconds <= LONGEST_WAIT:
        raise Rubbish("how long is to be waited is no number of seconds, or more than a day")
    return Then(
        way=_member(answer.way, Way, "way"),
        cause=_text(answer.cause, "cause", LONGEST_NAME),
        seconds=float(answer.seconds),
        target=_text(answer.target, "target", LONGEST_NAME),
        attempts=answer.attempts,
    )


def _member(value: object, kind: type[W], what: str) -> W:
    if type(value) is not kind:
        raise Rubbish(f"its {what} is {_kind_of(value)}, not a {kind.__name__}")
    return value


def _moment(at: object, now: Moment) -> Moment:
    if type(at) is not Moment:
        raise Rubbish(f"its time is {_kind_of(at)}, not a Moment")
    if type(at.boot) not in (int, float) or not math.isfinite(at.boot) or type(at.boot_id) is not str:
        raise Rubbish("its time is none of this machine")
    if type(at.wall) is not datetime or at.wall.utcoffset() is None:
        raise Rubbish("its time has no time zone")
    if at.boot_id != now.boot_id or now.precedes(at):
        raise Rubbish("its time is none that has been")
    return at


def _kind_of(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__[:64]}"
