"""What one language has to provide: templates by kind, filled with `{fact}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How one kind of notification is told.

    Attributes:
        title: read alone, on a locked screen for instance; it names the target.
        lines: what was done, what is proven, what a human can do; those lacking a fact are left out.
        short: for the line of a timeline, below a title that names the target.
    """

    title: str
    lines: tuple[str, ...]
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """So many of something (`{n}`): languages differ in how they count none and one."""

    one: str
    many: str
    none: str = ""

    def __call__(self, n: int, **facts: object) -> str:
        """The words for `n`."""
        template = self.one if n == 1 else (self.none or self.many) if n == 0 else self.many
        return template.format(n=n, **facts)


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
        kinds: the same in a word or two, without its facts.
        statuses: of an observation, by status.
        strange_finding: for a kind that has no words yet (`{kind}`).
        signals: how a process ended by this signal ended.
        exit_codes: what a particular exit code says.
        exit_code: for all the others (`{code}`).
        no_exit_code: when none is known.
        memory_limit: a limit in MiB (`{mib}`).
        no_memory_limit: when the container has none.
        no_reason: in place of a reason that nobody gave.
        reasons: why an incident was handed to a human, by reason.
        dooms, advices: why starting again cannot help, and what a human has to do, by kind.
        hints: what a human can do about a warning, by kind of finding.
        shared: what many sick targets have in common (`{name}`), by kind.
        acts: what a person did to a target that is held, by act.
        tellings: by kind of notification.
        standings: how a target stands, by the word for it in the JSON of the status.
        phases: of an incident, by phase.
        endings: of an incident, by ending.
        proposals: how a proposal stands, by state.
        results: of a step, by result.
        happenings: one line for who follows, by name (`{finding}`, `{action}`, `{result}`, other facts by name).
        step_begun: a line of a story (`{action}`, `{attempt}`).
        because: added to the result of a step (`{reason}`).
        settled: added to the result of a step whose end nobody witnessed.
        actions: what an action does, in words, by its name; those without are told by name.
        take_back, once_more: an action (`{action}`) that is undone, or done again because it was interrupted.
        parts: what watchdog is made of, as the beginning of a sentence.
        beat_advice: the last line for who hears that a beat failed.
        degradations: what does not work as it should, without a fact in it, by part.
        froze, froze_in, froze_in_no_check: how a daemon froze (`{seconds}`, `{places}`, `{who}`), and in whose code.
        switched_off, misbehaved: that a check (`{check}`) is not asked any more, and why.
        earlier: so many lines of a timeline were left out.
        decimal: the mark between a whole number and its tenths.
        sizes: so many bytes (`{n}`), by unit.
        seconds, minutes, hours, days: spans (`{n}`, and `{m}` of the next smaller unit).
        sayings: what core and the engine room say in one sentence, as they say it; a translation is looked up by it.
        screen: what the command line says around all that, by name.
        labels, headings: what stands before a value there, and over a column, by name.
        counts: so many of something there, by name.
    """

    findings: Mapping[str, str]
    kinds: Mapping[str, str]
    statuses: Mapping[str, str]
    strange_finding: str
    signals: Mapping[str, str]
    exit_codes: Mapping[int, str]
    exit_code: str
    no_exit_code: str
    memory_limit: str
    no_memory_limit: str
    no_reason: str
    reasons: Mapping[str, str]
    dooms: Mapping[str, str]
    advices: Mapping[str, str]
    hints: Mapping[str, str]
    shared: Mapping[str, str]
    acts: Mapping[str, str]
    tellings: Mapping[str, Told]
    standings: Mapping[str, Standing]
    phases: Mapping[str, str]
    endings: Mapping[str, str]
    proposals: Mapping[str, str]
    results: Mapping[str, str]
    happenings: Mapping[str, str]
    step_begun: str
    because: str
    settled: str
    actions: Mapping[str, str]
    take_back: str
    once_more: str
    parts: Mapping[str, str]
    beat_advice: str
    degradations: Mapping[str, str]
    froze: str
    froze_in: str
    froze_in_no_check: str
    switched_off: str
    misbehaved: str
    earlier: Counted
    decimal: str
    sizes: Mapping[str, str]
    seconds: str
    minutes: str
    hours: str
    days: str
    sayings: Mapping[str, str]
    screen: Mapping[str, str]
    labels: Mapping[str, str]
    headings: Mapping[str, str]
    counts: Mapping[str, Counted]
