"""Is the machine at its limit?"""

from __future__ import annotations

import pytest

from tests.fakes import FakeClock
from watchdog.core.host import Above, judge_share, read_load, read_memory, show_share
from watchdog.core.observation import Observation, Status

MEMINFO = "MemTotal:       8000000 kB\nMemFree:          100000 kB\nMemAvailable:    2000000 kB\n"


def look(share: float, above: Above, clock: FakeClock) -> tuple[Observation, Above]:
    """One look at a load, of which 0.85 is the line."""
    above = judge_share(share, 0.85, above, clock.now())
    seen = show_share("host-load", "load", share, line=0.85, lasts=300.0, above=above, now=clock.now())
    return seen, above


def test_what_is_above_its_line_is_a_warning_that_is_told_after_minutes() -> None:
    """Told only: nothing is done about a machine that is busy. A peak is none; a break begins the count anew."""
    clock = FakeClock()
    seen, above = look(0.9, Above(), clock)
    assert (seen.status, seen.warns, seen.tell_after) == (Status.WARNING, True, 300.0)
    clock.advance(360)
    seen, above = look(1.5, above, clock)
    assert (seen.status, seen.finding.kind) == (Status.WARNING, "load_high")
    assert dict(seen.finding.facts) == {"used": 150, "age": 360}
    seen, above = look(0.5, above, clock)
    assert (seen.status, seen.near, above) == (Status.OK, False, Above())
    clock.advance(400)
    seen, _ = look(0.86, above, clock)
    assert seen.finding.facts["age"] == 0


def test_close_to_its_line_it_is_not_over() -> None:
    """A load that swings around its line is one warning."""
    seen, _ = look(0.84, Above(), FakeClock())
    assert (seen.status, seen.near) == (Status.OK, True)


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
