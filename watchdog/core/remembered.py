"""What is remembered of all targets: a case for each check and target, by both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from watchdog.core.guardrail import Ledger
from watchdog.core.incident import Case, Phase
from watchdog.core.observation import Observation, Status

Cases = Mapping[tuple[str, str], Case]

_GRAVITY = (Status.OK, Status.WARNING, Status.UNKNOWN, Status.CRITICAL)


def case_of(cases: Cases, target: str) -> Case | None:
    """What is remembered of a target: the case with an incident if there is one."""
    mine = [case for case in cases.values() if case.target == target]
    return next((case for case in mine if case.incident is not None), mine[0] if mine else None)


def case_for(cases: Cases, check: str, target: str) -> Case:
    """The case, with the ledger and the hold that all checks of the target share."""
    case = cases.get((check, target))
    if case is not None:
        return case
    shared = case_of(cases, target)
    if shared is not None:
        return Case(check=check, target=target, ledger=shared.ledger, hold=shared.hold)
    return Case(check=check, target=target, ledger=Ledger(target=target))


def remembering(cases: Cases, after: Case) -> dict[tuple[str, str], Case]:
    """The cases after a decision that led to this one. What is over is remembered no more."""
    known = {
        key: replace(case, ledger=after.ledger, hold=after.hold) if case.target == after.target else case
        for key, case in cases.items()
    }
    over = after.incident is not None and after.incident.phase is Phase.RESOLVED
    return {**known, (after.check, after.target): replace(after, incident=None) if over else after}


def gravest(seen: Iterable[Observation]) -> Observation | None:
    """Of what several checks saw."""
    return max(seen, key=lambda observation: _GRAVITY.index(observation.status), default=None)
