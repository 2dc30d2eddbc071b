"""Which notifications go into one message, and whether that is a new one or another state of an old one.

One message an incident, edited as it goes; a new one only when a human is asked for something (an edit makes
no sound), and for the end of what a human was called for. What could not be sent in time is merged: people
need to know how it stands, not how it stood while nobody could be told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from itertools import takewhile

from watchdog.core.notification import ASKING, BYPASS, Notification, Severity, Telling
from watchdog.core.story import Delivery, OutboxEntry

# It is over, one way or another.
ENDING = frozenset(
    {
        Telling.HEALED,
        Telling.RECOVERED,
        Telling.HELD,
        Telling.RELEASED,
        Telling.FOLLOWED,
        Telling.STORM_OVER,
        Telling.WARNING_OVER,
    }
)
# A human was called, and wants to hear how it ended.
CALLING = frozenset({Telling.ESCALATED, Telling.REMINDED, Telling.STORM})
# Worth a sound by day. The others are news that nobody has to do anything about.
SOUNDING = ASKING | {
    Telling.OPENED,
    Telling.WARNED,
    Telling.SWITCHED_OFF,
    Telling.ENGINE_LOST,
    Telling.CONFIG_BROKEN,
    Telling.JOURNAL_FULL,
    Telling.JOURNAL_DAMAGED,
    Telling.JOURNAL_GAP,
}

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """The hours, by the local clock, in which only what is critical makes a sound. Equal ends: there are none."""

    begin: time = time(23)
    end: time = time(7)

    def hold(self, local: time) -> bool:
        """Whether it is quiet at this time of day."""
        if self.begin <= self.end:
            return self.begin <= local < self.end
        return local >= self.begin or local < self.end

    def __str__(self) -> str:
        """As it is written in the configuration."""
        return "off" if self.begin == self.end else f"{self.begin:%H:%M}-{self.end:%H:%M}"


def parse_quiet_hours(written: object) -> object:
    """`23:00-07:00`, or `off`. Raises ValueError with what is wrong and how to write it; passes on what is no text."""
    if written is False:  # YAML's reading of a bare off
        written = "off"
    if not isinstance(written, str):
        return written
    if written == "off":
        return QuietHours(begin=time(0), end=time(0))
    found = _HOURS.fullmatch(written)
    if found is None:
        raise ValueError(f'"{written[:40]}" are no hours; write 23:00-07:00, or off')
    begin, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if begin == end:
        raise ValueError(f'"{written}" begins when it ends; write off for no quiet hours')
    return QuietHours(begin=begin, end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one message delivers.

    Attributes:
        entries: delivered by it, all at once.
        notifications: what it tells: of an incident, everything from the beginning.
        receipt: of the message that it replaces, "" for a new one.
        reply_to: the receipt of the incident's first message, "" if this is that.
        left_out: how many of the incident it does not tell, because too many waited.
    """

    entries: tuple[OutboxEntry, ...]
    notifications: tuple[Notification, ...]
    receipt: str = ""
    reply_to: str = ""
    left_out: int = 0

    def is_loud(self, quiet: QuietHours, local: time) -> bool:
        """Whether it may make a sound at this time of day: for what is still true and new."""
        told = [entry.notification for entry in self.entries]
        if told[-1].telling in ENDING or not any(each.telling in SOUNDING for each in told):
            return False
        return told[-1].severity is Severity.CRITICAL or not quiet.hold(local)


def batch_alone(entry: OutboxEntry, story: Sequence[OutboxEntry] = ()) -> Batch:
    """One notification, one message: for channels that cannot edit, and for what belongs to no incident.

    What was left out of its incident right before it is counted with it; `story`: all of the incident, oldest first.
    """
    left_out = 0
    for each in takewhile(lambda each: each.id < entry.id, story):
        left_out = left_out + 1 if each.state is Delivery.MERGED else 0
    return Batch(entries=(entry,), notifications=(entry.notification,), left_out=left_out)


def batch_incident(story: Sequence[OutboxEntry]) -> Batch:
    """What has to be sent of one incident. `story`: all that was to be told of it, oldest first, some of it pending."""
    news = tuple(entry for entry in story if entry.state is Delivery.PENDING)
    sent = [entry for entry in story if entry.state is Delivery.DELIVERED and entry.receipt]
    told = tuple(entry.notification for entry in story if entry.state is not Delivery.MERGED)
    left_out = len(story) - len(told)
    if not sent:
        return Batch(entries=news, notifications=told, left_out=left_out)
    if _wants_a_new_one(sent, news):
        return Batch(entries=news, notifications=told, reply_to=sent[0].receipt, left_out=left_out)
    return Batch(entries=news, notifications=told, receipt=sent[-1].receipt, left_out=left_out)


def _wants_a_new_one(sent: Sequence[OutboxEntry], news: Sequence[OutboxEntry]) -> bool:
    told = [entry.notification.telling for entry in news if entry.notification.telling not in BYPASS]
    if told and told[-1] in ENDING:
        return any(entry.notification.telling in CALLING for entry in sent)
    return any(telling in ASKING for telling in told)
