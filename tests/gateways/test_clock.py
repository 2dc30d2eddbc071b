"""The machine's clocks."""

from __future__ import annotations

from datetime import UTC, datetime

from watchdog.gateways.clock import BOOT_ID, SystemClock


def test_now_is_on_both_clocks() -> None:
    """Seconds since the machine booted, which boot that was, and the hour in UTC."""
    before = datetime.now(UTC)
    clock = SystemClock()
    first, second = clock.now(), clock.now()

    assert second.boot >= first.boot > 0
    assert first.wall >= before
    assert first.wall.tzinfo is UTC
    assert first.boot_id == second.boot_id == BOOT_ID.read_text(encoding="ascii").strip()
