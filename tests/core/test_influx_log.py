"""What InfluxDB's log says of a full disk."""

from __future__ import annotations

import pytest

from tests.demo.influx_recorded import seen_on_a_full_disk
from watchdog.core.influx_log import Complaints, add_refusal, read_complaints

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


@pytest.mark.parametrize("lines", ["log where the record cannot be made", "log of a snapshot, each second"])
def test_what_influxdb_2_7_logs_is_known(lines: str) -> None:
    """The two lines that its log has of a full disk."""
    (told,) = seen_on_a_full_disk()[lines]
    assert read_complaints([line(3, told)], 0, 0.0).last == NOON + 3


def test_a_refused_write_counts_as_a_line_does() -> None:
    """The later of both is told; what is proven, or from before its process began, is history."""
    found = read_complaints([line(7)], 0, 0.0)
    assert add_refusal(found, NOON + 5, "older", 0, 0.0) == found
    assert add_refusal(found, NOON + 9, "engine: no  space", 0, 0.0) == Complaints(
        last=NOON + 9, line="engine: no space"
    )
    assert add_refusal(found, None, "", 0, 0.0) == found
    assert add_refusal(Complaints(), NOON + 9, "proven", 0, NOON + 9) == Complaints()
    assert add_refusal(Complaints(), NOON + 9, "before", int((NOON + 10) * 1e9), 0.0) == Complaints()
