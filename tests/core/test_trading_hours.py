"""When data is expected at all."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from watchdog.core.trading_hours import TradingHours, parse_hours

PARIS = parse_hours("Mon-Fri 08:00-22:00 Europe/Paris", closed=[date(2026, 12, 25)])


def at(text: str, zone: str = "+00:00") -> datetime:
    return datetime.fromisoformat(f"{text}{zone}")


@pytest.mark.parametrize(
    ("moment", "opened"),
    [
        ("2026-11-23T07:00", "2026-11-23T07:00"),  # 08:00 in winter
        ("2026-11-23T06:59:59", None),
        ("2026-11-23T20:59", "2026-11-23T07:00"),
        ("2026-11-23T21:00", None),
        ("2026-07-20T06:00", "2026-07-20T06:00"),  # 08:00 in summer
        ("2026-07-20T19:59", "2026-07-20T06:00"),
        ("2026-11-22T12:00", None),  # a Sunday
        ("2026-12-25T12:00", None),  # a Friday, and Christmas
        ("2026-12-24T12:00", "2026-12-24T07:00"),
    ],
)
def test_hours_are_those_of_the_place(moment: str, opened: str | None) -> None:
    """Open from 08:00 to 22:00 in Paris, in summer and in winter, but not on weekends and holidays."""
    assert PARIS.opened(at(moment)) == (None if opened is None else at(opened))


@pytest.mark.parametrize(
    ("text", "moment", "opened"),
    [
        ("Sun 22:00-05:00 UTC", "2026-11-23T04:00", "2026-11-22T22:00"),  # through midnight
        ("Sun 22:00-05:00 UTC", "2026-11-23T05:00", None),
        ("Mon-Fri 00:00-24:00 UTC", "2026-11-26T00:01", "2026-11-23T00:00"),  # days that touch
        ("Sat-Mon 10:00-11:00 UTC", "2026-11-22T10:30", "2026-11-22T10:00"),  # around the end of the week
        ("Mon 09:00-12:00, Mon 13:00-17:00 UTC", "2026-11-23T12:30", None),
        ("Mon 09:00-12:00, Mon 13:00-17:00 UTC", "2026-11-23T13:30", "2026-11-23T13:00"),
        ("mon 09:30-16:00 America/New_York", "2026-11-23T14:30", "2026-11-23T14:30"),
    ],
)
def test_sessions_may_touch_and_cross_midnight(text: str, moment: str, opened: str | None) -> None:
    """A session may end after midnight; sessions that touch are one."""
    assert parse_hours(text).opened(at(moment)) == (None if opened is None else at(opened))


def test_a_night_when_the_clocks_change_has_its_hours() -> None:
    """02:30 that does not exist, or exists twice, breaks nothing."""
    hours: TradingHours = parse_hours("Sun 02:30-04:00 Europe/Paris")
    for day in ("2026-03-29", "2026-10-25"):
        opened = [
            minute for minute in range(600) if hours.opened(datetime.fromisoformat(f"{day}T00:00+00:00").replace(
                hour=minute // 60, minute=minute % 60, tzinfo=UTC))
        ]  # fmt: skip
        assert opened


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no place"),
        ("Mon-Fri 08:00-22:00", "names no place"),
        ("Mon-Fri 08:00-22:00 Europe/Nowhere", "no time zone"),
        ("Mon-Fri 08:00-22:00 ../etc/passwd", "no time zone"),
        ("Mon-Fri 8-22 Europe/Paris", "no hours"),
        ("Mon-Fry 08:00-22:00 Europe/Paris", "no day of the week"),
        ("Mon 25:00-26:00 UTC", "no such time of day"),
        ("Mon 08:00-24:30 UTC", "no such time of day"),
        ("Mon 08:61-09:00 UTC", "no such time of day"),
    ],
)
def test_mistakes_are_told_with_what_to_write(text: str, words: str) -> None:
    """Each mistake is named, with an example of what is right."""
    with pytest.raises(ValueError, match=words) as caught:
        parse_hours(text)
    assert "Mon-Fri 08:00-22:00 Europe/Paris" in str(caught.value)
