"""The tools of the web front among all tools."""

from __future__ import annotations

import pytest

from tests.engine.parts import Stand
from tests.front.tools import FakeBypasses, FakeShots, of_stand
from watchdog.core.errors import Refused
from watchdog.gateways.front import Front, front_of


def test_they_are_found_or_said_to_be_missing() -> None:
    """An action without them does nothing, and says why."""
    stand = Stand()
    front = Front(shots=FakeShots(), bypasses=FakeBypasses(stand.clock))
    assert front_of(of_stand(stand, front)) is front
    with pytest.raises(Refused, match="no tools"):
        front_of(stand.tools)


def test_nobody_has_said_yes_unless_somebody_says_so() -> None:
    """What needs an approval is refused as long as nobody can tell of one."""
    stand = Stand()
    assert not Front(shots=FakeShots(), bypasses=FakeBypasses(stand.clock)).approved("grafana")
