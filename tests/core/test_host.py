"""Is the machine at its limit?"""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from watchdog.core.host import Above, judge_share, read_load, read_memory, show_share
from watchdog.core.observation import Status

MEMINFO = "MemTotal:       8000000 kB\nMemFree:          100000 kB\nMemAvailable:    2000000 kB\n"


def test_five_minutes_on_end_are_told_and_less_is_not() -> None:
    """A peak is none; a break begins the count anew."""
    clock, above = FakeClock(), Above()

    def look(share: float) -> Status:
        nonlocal above
        status, above = judge_share(share, 0.85, 300.0, above, clock.now())
        return status

    assert look(0.9) is Status.WARNING
    clock.advance(299)
    assert look(0.9) is Status.WARNING
    clock.advance(1)
    assert look(0.9) is Status.CRITICAL
    assert look(0.5) is Status.OK
    clock.advance(400)
    assert look(0.86) is Status.WARNING


def test_it_is_told_in_percent_and_since_when() -> None:
    """The facts that the words need."""
    clock = FakeClock()
    above = Above(since=clock.now())
    seen = show_share("host-load", "load", 1.5, (Status.CRITICAL, above), clock.advance(360))
    assert (seen.check, seen.finding.kind, dict(seen.finding.facts)) == (
        "host",
        "load_high_for_long",
        {"used": 150, "age": 360},
    )


def test_memory_is_what_could_not_be_given_back_at_once() -> None:
    """Caches do not count."""
    assert read_memory(MEMINFO) == pytest.approx(0.75)
    assert read_load("3.20 1.00 0.50 1/200 4242\n", 4) == pytest.approx(0.8)


@pytest.mark.parametrize("text", ["", "MemTotal: 0 kB\nMemAvailable: 0 kB", "MemTotal: 5 kB"])
def test_another_text_is_no_answer(text: str) -> None:
    """Nothing is concluded from it."""
    with pytest.raises(ValueError, match="does not say"):
        read_memory(text)
    with pytest.raises(ValueError, match="empty"):
        read_load("", 1)
