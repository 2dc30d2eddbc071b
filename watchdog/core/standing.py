"""Where a case stands, in one word each."""

from __future__ import annotations

from collections.abc import Iterable

from watchdog.core.incident import Case, Phase
from watchdog.core.observation import GONE, Observation


def is_in(case: Case, *phases: Phase) -> bool:
    """Whether its incident is in one of these phases."""
    return case.incident is not None and case.incident.phase in phases


def is_being_proven(cases: Iterable[Case], target: str) -> bool:
    """Whether what was done for it is being verified: what it mended shows in others' healthchecks a while later."""
    return any(case.target == target and is_in(case, Phase.VERIFYING) for case in cases)


def being_acted_on(cases: Iterable[Case]) -> frozenset[str]:
    """The targets on which a step runs, and those for which it does."""
    acting = (case for case in cases if is_in(case, Phase.ACTING))
    names = (name for case in acting if case.incident for name in (case.target, case.incident.on))
    return frozenset(name for name in names if name)


def is_left_out(case: Case) -> bool:
    """Whether a human was called for it: nothing is done by itself."""
    return is_in(case, Phase.ESCALATED) or (case.incident is not None and case.ledger.given_up)


def is_held(case: Case) -> bool:
    """Whether a person keeps us from it."""
    return case.hold is not None and not case.hold.released


def is_held_down(case: Case) -> bool:
    """Whether a person took it down."""
    return case.hold is not None and not case.hold.released and bool(case.hold.incarnation)


def is_in_hands(case: Case) -> bool:
    """Whether it is a person's turn: it is held, was handed over, or waits for a yes."""
    proposal = case.incident.proposal if case.incident is not None else None
    return is_held(case) or is_left_out(case) or (proposal is not None and not proposal.approved_by)


def is_down(seen: Observation | None) -> bool:
    """Whether this look showed that it does not run."""
    return seen is not None and (seen.stopped_by is not None or seen.incarnation.endswith(GONE))
