"""Records to put into a journal: plain ones, and hypothesis strategies for all that a record can hold."""

from __future__ import annotations

import dataclasses
import typing
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from watchdog.core.guardrail import Ledger
from watchdog.core.incident import Act, Case, Hold, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Fact, Finding
from watchdog.core.proposal import ProposalRecord

R = TypeVar("R")


def at(seconds: float = 0.0) -> Moment:
    """A moment so many seconds after the boot."""
    return Moment(
        boot_id="boot", boot=seconds, wall=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    )


def an_incident(number: int = 1, target: str = "api", phase: Phase = Phase.OPEN) -> Incident:
    """An incident of the container check."""
    return Incident(
        id=str(number),
        check="container",
        target=target,
        playbook="container-crash",
        severity=Severity.HIGH,
        opened=at(number),
        finding=Finding("exited", {"exit_code": 1}),
        phase=phase,
    )


def a_case(incident: Incident | None = None, ledger: Ledger | None = None, hold: Hold | None = None) -> Case:
    """A case of the incident's target, or of `api`."""
    target = incident.target if incident else "api"
    return Case(
        check="container",
        target=target,
        ledger=ledger or Ledger(target=target),
        incident=incident,
        hold=hold,
    )


def a_proposal(incident: str = "1", number: int = 1, *, lasts: float = 3600.0) -> ProposalRecord:
    """A rebuild that waits for a yes."""
    return ProposalRecord(
        id=f"{incident}-{number}",
        incident=incident,
        target="api",
        playbook="container-crash",
        rung=2,
        action="rebuild_service",
        text="docker compose build api",
        hash="1234",
        made=at(5),
        lasts=lasts,
        pins={"context": "1"},
    )


def a_hold(target: str = "api") -> Hold:
    """A hold by order."""
    return Hold(target=target, act=Act.ORDERED, by="anna", since=at(3), told=True)


def a_notification(incident: Incident | None = None, seconds: float = 1.0) -> Notification:
    """The news that an incident opened."""
    return Notification(
        telling=Telling.OPENED,
        target=incident.target if incident else "api",
        at=at(seconds),
        finding=Finding("exited", {"exit_code": 1}),
        incident=incident.id if incident else None,
    )


NAMES = st.text("abcdefgh-_#.0123456789é", min_size=1, max_size=12)
FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
_floats = st.floats(min_value=0, max_value=1e9)
_moments = st.builds(
    Moment,
    boot_id=st.text(),
    boot=_floats,
    wall=st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1)),  # noqa: DTZ001 - hypothesis wants it naive
)
_findings = st.builds(Finding, st.text(min_size=1), st.dictionaries(st.text(), FACTS))
st.register_type_strategy(Moment, _moments)
st.register_type_strategy(Finding, _findings)


def every_field(record: type[R], **given: Any) -> st.SearchStrategy[R]:
    """Records of this type with every field filled, also those that have a default and those yet to come."""
    hints = typing.get_type_hints(record)
    fields = dataclasses.fields(record)  # type: ignore[arg-type]
    ways = {
        f.name: _facts() if "Fact" in str(f.type) else st.from_type(hints[f.name])
        for f in fields
        if f.name not in given
    }
    return st.builds(record, **ways, **given)


def _facts() -> st.SearchStrategy[dict[str, Fact]]:
    return st.dictionaries(st.text(), FACTS)
