"""Time as it may be counted on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from watchdog.core.moment import Moment

WALL = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)


def moment(boot: float, boot_id: str = "a", wall: datetime = WALL) -> Moment:
    return Moment(boot_id=boot_id, boot=boot, wall=wall)


def test_a_jump_of_the_wall_clock_changes_no_span() -> None:
    """Ten years forward or back, the seconds are those of the machine."""
    for jump in (timedelta(days=3650), timedelta(days=-3650)):
        assert moment(40, wall=WALL + jump).seconds_since(moment(30)) == 10


def test_no_span_is_negative() -> None:
    """An earlier moment is 0 s after a later one."""
    assert moment(30).seconds_since(moment(40)) == 0
    assert moment(-1, boot_id="b").seconds_since(moment(40)) == 0


@given(up=st.floats(0, 1e7), event=st.floats(0, 1), off=st.floats(0, 1e7), since_boot=st.floats(0, 1e7))
def test_across_a_reboot_a_span_is_never_longer_than_the_truth(
    up: float, event: float, off: float, since_boot: float
) -> None:
    """Something happened, the machine was off for a while and is up again: nothing expires early."""
    happened = up * event
    truth = (up - happened) + off + since_boot
    assert moment(since_boot, "b").seconds_since(moment(happened, "a")) <= truth


def test_what_precedes_what() -> None:
    """Within a boot the machine's clock tells; between two boots nothing is claimed."""
    assert moment(1).precedes(moment(2))
    assert not moment(2).precedes(moment(2))
    assert not moment(3).precedes(moment(2))
    assert not moment(1, "b").precedes(moment(9000, "a"))
    assert not moment(1, "a").precedes(moment(9000, "b"))


def test_the_journal_gives_back_the_same_moment() -> None:
    """Written and read, in UTC."""
    kept = moment(12.5)
    assert Moment.from_json(kept.to_json()) == kept
