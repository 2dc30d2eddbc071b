"""When data is expected at all: `Mon-Fri 08:00-22:00 Europe/Paris`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?\s+(\d\d):(\d\d)-(\d\d):(\d\d)", re.IGNORECASE)
_FIX = "write it like: Mon-Fri 08:00-22:00 Europe/Paris"
_MIDNIGHT = 24 * 60
# Sessions that touch are one: looked at so many days back for its beginning.
_BACK = 8


@dataclass(frozen=True, slots=True)
class Session:
    """From one minute of certain weekdays (0 is Monday) to another, which may be after midnight."""

    days: frozenset[int]
    begins: int
    lasts: int


@dataclass(frozen=True, slots=True)
class TradingHours:
    """The sessions of a week in the local time of a place, and the days on which there are none."""

    sessions: tuple[Session, ...]
    zone: ZoneInfo
    closed: frozenset[date] = frozenset()

    def opened(self, at: datetime) -> datetime | None:
        """When the session began that goes on at this moment, None outside of all.

        Sessions that touch (through midnight, from day to day) are one.
        """
        beginning: datetime | None = None
        for begins, ends in reversed(self._around(at)):
            goes_on = begins <= at < ends
            touches = beginning is not None and begins < beginning <= ends
            if touches or (beginning is None and goes_on):
                beginning = begins
        return beginning

    def _around(self, at: datetime) -> list[tuple[datetime, datetime]]:
        today = at.astimezone(self.zone).date()
        days = (today - timedelta(days=back) for back in range(-1, _BACK + 1))
        found = [
            (self._moment(day, session.begins), self._moment(day, session.begins + session.lasts))
            for day in days
            if day not in self.closed
            for session in self.sessions
            if day.weekday() in session.days
        ]
        return sorted(found)

    def _moment(self, day: date, minutes: int) -> datetime:
        # Minutes on the clock of that place, so that 22:00 is 22:00 in summer and in winter.
        days, left = divmod(minutes, _MIDNIGHT)
        return datetime.combine(day + timedelta(days=days), time(left // 60, left % 60), self.zone)


def parse_hours(text: str, closed: Iterable[date] = ()) -> TradingHours:
    """Read them: spans with commas between, then the place. Raises ValueError with what to write instead."""
    spans, _, place = text.strip().rpartition(" ")
    if not spans or ("/" not in place and place.upper() != "UTC"):
        raise ValueError(f'"{text}" names no place whose time it is; {_FIX}')
    try:
        zone = ZoneInfo(place)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'"{place}" is no time zone; {_FIX}') from None
    return TradingHours(
        tuple(_session(span.strip(), text) for span in spans.split(",")), zone, frozenset(closed)
    )


def _session(span: str, text: str) -> Session:
    found = _SPAN.fullmatch(span)
    if not found:
        raise ValueError(f'"{text}" are no hours; {_FIX}')
    first, last = (found[1].lower(), (found[2] or found[1]).lower())
    if first not in _DAYS or last not in _DAYS:
        raise ValueError(f'"{text}" names no day of the week (Mon, Tue, ... Sun); {_FIX}')
    begins, ends = (int(found[n]) * 60 + int(found[n + 1]) for n in (3, 5))
    if begins >= _MIDNIGHT or ends > _MIDNIGHT or int(found[4]) > 59 or int(found[6]) > 59:  # noqa: PLR2004 - minutes
        raise ValueError(f'"{text}" has no such time of day; {_FIX}')
    length = (_DAYS.index(last) - _DAYS.index(first)) % len(_DAYS)
    days = frozenset((_DAYS.index(first) + day) % len(_DAYS) for day in range(length + 1))
    return Session(days, begins, ends - begins if ends > begins else ends - begins + _MIDNIGHT)
