"""The written remedy: a ladder of steps, tried in turn until the target is well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from watchdog.core.guardrail import Limits


class Autonomy(StrEnum):
    """What a playbook may do without a human yes."""

    OBSERVE = "observe"
    PROPOSE = "propose"
    ACT = "act"


class PlaybookKind(StrEnum):
    """A remedy climbs until the target is well; a procedure does all of its steps."""

    REMEDY = "remedy"
    PROCEDURE = "procedure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What must be seen before a step counts: well within `within` seconds, and for `stable` seconds."""

    within: float = 60.0
    stable: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a playbook.

    Attributes:
        action: the registered name of the action.
        params: what the file says for it, validated when the playbook was loaded.
        on: the target that it acts on, "" for the one that is in trouble.
        changes: False for a step that only looks (collecting logs): it runs beside the next changing step.
        decides: it finds out first, alone, whether the steps below it are to be done at all.
        repeatable: whether the step may be done once more when the daemon died in its middle.
        gentle: whether it takes nothing away: a start or a restart of what is there.
        undoable: whether the action can take back what it did; it is made to when that did not help.
        attempts: how often this rung is tried before the next one.
        autonomy: the most that this step may do by itself.
        when: the findings that it is for; empty: all. It is passed over while another one is found.
    """

    action: str
    params: Mapping[str, Any] = field(default_factory=dict)
    changes: bool = True
    decides: bool = False
    repeatable: bool = True
    verify: Verification = Verification()
    gentle: bool = False
    undoable: bool = False
    on: str = ""
    attempts: int = 1
    autonomy: Autonomy = Autonomy.ACT
    when: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rung:
    """A changing step, the looking steps that accompany it, and the one that decides whether it is done.

    That one looks at what the step acts on. It stands before every rung below it, until there is another.
    """

    step: Step
    companions: tuple[Step, ...] = ()
    decider: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """A remedy or procedure, as loaded from its file. `title` is by language; `limits` are its own, if it has any."""

    name: str
    kind: PlaybookKind
    title: Mapping[str, str]
    target_kind: str
    steps: tuple[Step, ...]
    autonomy: Autonomy = Autonomy.ACT
    limits: Limits | None = None

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The ladder: each changing step with the looking steps written before it."""
        rungs: list[Rung] = []
        waiting: list[Step] = []
        decider: Step | None = None
        for step in self.steps:
            if step.changes:
                asked = replace(decider, on=step.on) if decider is not None else None
                rungs.append(Rung(step, tuple(waiting), asked))
                waiting = []
            elif step.decides:
                decider = step
            else:
                waiting.append(step)
        return tuple(rungs)

    def not_meant_for(self, finding: str) -> frozenset[int]:
        """The rungs that are for other findings than this one."""
        return frozenset(
            index for index, rung in enumerate(self.rungs) if rung.step.when and finding not in rung.step.when
        )

    def rung_at(self, index: int, passed_over: AbstractSet[int]) -> Rung:
        """A rung, with the looking steps before those that were passed over on the way to it, too."""
        rungs = self.rungs
        first = index
        while first - 1 in passed_over:
            first -= 1
        looking = tuple(step for rung in rungs[first : index + 1] for step in rung.companions)
        return replace(rungs[index], companions=looking)

    def rung_after(self, made: Sequence[str], spent: frozenset[int]) -> int | None:
        """Which rung is next after attempts with these actions, or None when the ladder is exhausted.

        They survive incidents, so a target that falls again soon climbs on where it stood.
        `spent` are rungs known not to help (they were refused or cannot work); they are passed over, and the
        attempts that they had left are not given to the others.
        """
        left = Counter(made)
        for index, rung in enumerate(self.rungs):
            tried = min(left[rung.step.action], rung.step.attempts)
            left[rung.step.action] -= tried
            if tried < rung.step.attempts and index not in spent:
                return index
        return None


# For what nothing can be done about: people are told.
NO_PLAYBOOK = Playbook(name="none", kind=PlaybookKind.REMEDY, title={}, target_kind="", steps=())
