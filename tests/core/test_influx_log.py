"""What InfluxDB's log says of a full disk."""

from __future__ import annotations

from watchdog.core.influx_log import read_complaints

FULL = 'lvl=error msg="Failed to write" error="write /var/lib/influxdb2/engine/wal/_00481.wal: no space left on device"'
# 2026-11-23T12:00:00Z
NOON = 1795435200.0


def line(second: int, text: str = FULL) -> str:
    return f"2026-11-23T12:00:{second:02d}.000000000Z {text}"


def test_the_latest_complaint_is_found() -> None:
    """With its time and its words."""
    found = read_complaints([line(1), line(7), line(9, "lvl=info msg=Listening")], 0, 0.0)
    assert found.last == NOON + 7
    assert "no space left" in found.line


def test_what_is_proven_or_from_another_life_counts_no_more() -> None:
    """A complaint before the proof that it writes, or before its process began, is history."""
    assert read_complaints([line(7)], 0, NOON + 7).last == 0
    assert read_complaints([line(7)], int((NOON + 8) * 1e9), 0.0).last == 0
    assert read_complaints([line(7)], int((NOON + 6) * 1e9), NOON + 6).last == NOON + 7


def test_a_log_without_complaints_or_times_tells_nothing() -> None:
    """Neither an empty log nor rubbish is a reason."""
    assert read_complaints([], 0, 0.0).last == 0
    assert read_complaints(["no space left on device", "garbage"], 0, 0.0).last == 0
