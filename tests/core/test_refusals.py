"""When a refusing socket is believed to be stale."""

from __future__ import annotations

from tests.fakes import FakeClock
from watchdog.core.errors import NobodyListens, Refused, Unreachable
from watchdog.core.refusals import Refusals


def test_only_refusals_without_a_break_add_up() -> None:
    """An answer, or any other kind of loss, begins the count anew."""
    clock = FakeClock()
    refused = NobodyListens("nobody listens")
    kept = Refusals().after(refused, clock.now())
    assert kept.lasted(clock.now()) == 0
    for _ in range(10):
        kept = kept.after(refused, clock.advance(6))
    assert kept.lasted(clock.now()) == 60

    for other in (None, Unreachable("silence"), Refused("no")):
        assert kept.after(other, clock.now()).lasted(clock.advance(60)) == 0
        assert kept.after(other, clock.now()).after(refused, clock.now()).lasted(clock.now()) == 0
