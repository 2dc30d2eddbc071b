"""Times that come again and again, as cron writes them: in the local time of the machine (TZ), also where clocks change.

The expression is read by APScheduler's trigger, which lives here and nowhere else. Where it and cron mean different
things by the same text (days of the week as numbers, days of the month and of the week at once), it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from apscheduler.triggers.cron import CronTrigger

_FIELDS = 5
_HOUR, _DAY, _WEEKDAY = 1, 2, 4
# How far back is looked at first for the latest time, in seconds: most are had without reading a whole year.
_FIRST_LOOK, _FURTHER = 600.0, 10.0
_TICK = timedelta(microseconds=1)
# From here on a time that never comes is known: the next February has 29 days.
_BEFORE_LEAP = datetime(2028, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression of five fields. Equal when it is written the same. Made by `parse_cron`."""

    text: str
    trigger: CronTrigger = field(repr=False, compare=False)

    def __str__(self) -> str:
        """As it was written."""
        return self.text

    @property
    def zone(self) -> str:
        """The name of the time zone that it is meant in."""
        return str(self.trigger.timezone)

    def next_after(self, now: datetime) -> datetime | None:
        """The first time after this one, in UTC; None if there is none."""
        return next(self._after(now), None)

    def latest(self, now: datetime, within: float) -> datetime | None:
        """The latest time up to this one and less than so many seconds ago, in UTC; None if there was none."""
        span = min(_FIRST_LOOK, within)
        while True:
            found = None
            for due in self._after(now - timedelta(seconds=span)):
                if due > now:
                    break
                found = due
            if found is not None or span >= within:
                return found
            span = min(span * _FURTHER, within)

    def _after(self, since: datetime) -> Iterator[datetime]:
        """All times after this one. A named hour that the clocks repeat is meant once, as cron does it."""
        once = not self.text.split()[_HOUR].startswith("*")
        found = self.trigger.get_next_fire_time(None, since.astimezone(UTC) + _TICK)
        while found is not None:
            due = found.astimezone(UTC)
            if not (once and due.astimezone(self.trigger.timezone).fold):
                yield due
            found = self.trigger.get_next_fire_time(None, due + _TICK)


def parse_cron(text: object, zone: tzinfo | None = None) -> Cron:
    """The expression; `zone` is this machine's unless given. Raises ValueError with what is wrong and how to write it."""
    if not isinstance(text, str):
        raise ValueError('must be a cron expression; write "0 3 * * sun" for Sundays at three')  # noqa: TRY004 - pydantic collects ValueErrors
    fields = text.lower().split()
    shown = text[:60]
    if len(fields) != _FIELDS:
        raise ValueError(
            f'"{shown}" has {len(fields)} fields; write five: minute, hour, day, month, day of the week'
        )
    if any(letter.isdigit() for letter in fields[_WEEKDAY].partition("/")[0]):
        raise ValueError(
            f'"{shown}" numbers the days of the week, which is read in two ways; write mon-fri or sun'
        )
    if fields[_DAY] != "*" and fields[_WEEKDAY] != "*":
        raise ValueError(
            f'"{shown}" names days of the month and of the week, which is read in two ways; write * for one'
        )
    try:
        cron = Cron(" ".join(fields), CronTrigger.from_crontab(" ".join(fields), timezone=zone))
        never = cron.next_after(_BEFORE_LEAP) is None
    except KeyError as error:
        raise ValueError(
            "the time zone of this machine is not known; set TZ, such as Europe/Paris"
        ) from error
    except ValueError as error:
        raise ValueError(
            f'"{shown}" is no cron expression: {error}; write "0 3 * * sun" for Sundays at three'
        ) from error
    if never:
        raise ValueError(f'"{shown}" never comes; write a day that there is')
    return cron
