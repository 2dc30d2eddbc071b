"""What one look proves."""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from watchdog.core.observation import Finding, Observation, Status


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("status", list(Status))
def test_proof_of_health_and_reason_to_act(status: Status, *, settled: bool) -> None:
    """Only a settled look proves anything; UNKNOWN proves neither health nor sickness."""
    seen = Observation(
        check="container",
        target="web",
        status=status,
        finding=Finding("x"),
        at=FakeClock().now(),
        settled=settled,
    )
    assert seen.well == (settled and status in (Status.OK, Status.WARNING))
    assert seen.sick == (settled and status is Status.CRITICAL)
