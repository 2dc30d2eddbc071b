"""Durations as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.core.duration import parse_duration, show_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("250ms", 0.25),
        ("2d", 172800),
        ("1.5h", 5400),
        (" 1m 30s ", 90),
        ("0s", 0),
        ("366d", 366 * 86400),
    ],
)
def test_what_may_be_written(text: str, seconds: float) -> None:
    """Numbers with units, as many as one likes."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (30, "30 has no unit; write 30s"),
        (1.5, "1.5 has no unit; write 1.5s"),
        ("30", "30 has no unit; write 30s"),
        (True, "must be a duration; write 30s, 5m or 1h30m"),
        (None, "must be a duration; write 30s, 5m or 1h30m"),
        ("-5m", '"-5m" is negative; write 30s, 5m or 1h30m'),
        ("", '"" is no duration; write 30s, 5m or 1h30m'),
        ("soon", '"soon" is no duration; write 30s, 5m or 1h30m'),
        ("5 minutes", '"5 minutes" is no duration; write 30s, 5m or 1h30m'),
        ("-soon", '"-soon" is no duration; write 30s, 5m or 1h30m'),
        ("400d", "is longer than a year; write 30s, 5m or 1h30m"),
        ("9" * 400 + "d", "is longer than a year; write 30s, 5m or 1h30m"),
    ],
)
def test_what_may_not_be_written(value: object, complaint: str) -> None:
    """The complaint says what to write instead."""
    with pytest.raises(ValueError, match="write") as error:
        parse_duration(value)
    assert str(error.value) == complaint


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0ms"),
        (0.25, "250ms"),
        (1, "1s"),
        (90, "1m30s"),
        (2.5, "2.5s"),
        (3600, "1h"),
        (90061.5, "1d1h1m1.5s"),
    ],
)
def test_the_shortest_way_to_write_it(seconds: float, text: str) -> None:
    """Only the units that are needed."""
    assert show_duration(seconds) == text


@given(st.integers(0, 366 * 86_400_000))
def test_what_is_shown_is_read_back(milliseconds: int) -> None:
    """A duration survives being shown and read."""
    assert parse_duration(show_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)
