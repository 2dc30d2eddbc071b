"""Where a case stands, in one word each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchdog.core.incident import Case, Phase
from watchdog.core.observation import GONE, Observation


def is_in(case: Case, *phases: Phase) -> bool:
    """Whether its incident is in one of these phases."""
    return case.incident is not None and case.incident.phase in phases


def is_being_proven(cases: Iterable[Case], target: str) -> bool:
    """Whether what was done for it is being verified: what it mended shows in others' healthchecks a while later."""
    return any(case.target == target and is_in(case, Phase.VERIFYING) for case in cases)


def at_work(cases: Iterable[Case]) -> Mapping[str, frozenset[str]]:
    """The targets for which a step runs, and what each of these steps keeps busy: its target, and what it acts on."""
    acting = (case for case in cases if is_in(case, Phase.ACTING))
    return {
        case.target: frozenset({case.target, case.incident.on or case.target})
        for case in acting
        if case.incident is not None
    }


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
