"""What one language has to provide: templates by kind, filled with `{fact}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How one kind of notification is told: a title, and lines of which those lacking a fact are left out."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a target stands: in a word, what comes next, and the commands that a human can give (`{target}`)."""

    word: str
    next: str = ""
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All words of one language.

    Attributes:
        findings: a predicate by kind of finding, read after the name of its target.
        strange_finding: for a kind that has no words yet (`{kind}`).
        signals: how a process ended by this signal ended.
        exit_codes: what a particular exit code says.
        exit_code: for all the others (`{code}`).
        no_exit_code: when none is known.
        memory_limit: a limit in MiB (`{mib}`).
        no_memory_limit: when the container has none.
        no_reason: in place of a reason that nobody gave.
        reasons: why an incident was handed to a human, by reason.
        acts: what a person did to a target that is held, by act.
        tellings: by kind of notification.
        standings: how a target stands, by the word for it in the JSON of the status.
        phases: of an incident, by phase.
        endings: of an incident, by ending.
        proposals: how a proposal stands, by state.
        results: of a step, by result.
        happenings: one line for who follows, by name (`{finding}`, `{action}`, `{result}`, other facts by name).
        actions: what an action does, in words, by its name; those without are told by name.
        parts: what watchdog is made of, as the beginning of a sentence.
        beat_advice: the last line for who hears that a beat failed.
        degradations: what does not work as it should, without a fact in it, by part.
        froze, froze_in, froze_in_no_check: how a daemon froze (`{seconds}`, `{places}`, `{who}`), and in whose code.
        switched_off: that a check (`{check}`) is not asked any more.
        seconds, minutes, hours, days: spans (`{n}`, and `{m}` of the next smaller unit).
    """

    findings: Mapping[str, str]
    strange_finding: str
    signals: Mapping[str, str]
    exit_codes: Mapping[int, str]
    exit_code: str
    no_exit_code: str
    memory_limit: str
    no_memory_limit: str
    no_reason: str
    reasons: Mapping[str, str]
    acts: Mapping[str, str]
    tellings: Mapping[str, Told]
    standings: Mapping[str, Standing]
    phases: Mapping[str, str]
    endings: Mapping[str, str]
    proposals: Mapping[str, str]
    results: Mapping[str, str]
    happenings: Mapping[str, str]
    actions: Mapping[str, str]
    parts: Mapping[str, str]
    beat_advice: str
    degradations: Mapping[str, str]
    froze: str
    froze_in: str
    froze_in_no_check: str
    switched_off: str
    seconds: str
    minutes: str
    hours: str
    days: str
