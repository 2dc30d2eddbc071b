"""A whole incident in one message, which is edited as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchdog.core.notification import BYPASS, Notification, Telling
from watchdog.wording.catalogue import Catalogue
from watchdog.wording.english import ENGLISH
from watchdog.wording.notifications import describe_notification, describe_shortly
from watchdog.wording.plain import plain

# An incident has few tellings; one with more is told by its beginning and its latest ones.
LONGEST_TIMELINE = 10
# Of others that wait for the one that the incident is about: a line each, never what it is about.
_BESIDE = BYPASS | {Telling.AFFECTED, Telling.FOLLOWED}
# A phrase, not an engine's whole answer: the title tells that in full.
LONGEST_PHRASE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """An incident so far, as text without markup of any channel.

    Attributes:
        title: what is so now.
        timeline: what was told beside that, one line each: the local time (with the month and day when it was
            another one) and a phrase. Empty for the first telling.
        lines: what was done, what is proven, what a human can do now.
    """

    title: str
    timeline: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Everything, one line below the other."""
        return "\n".join((self.title, *self.timeline, *self.lines))


def describe_story(
    notifications: Sequence[Notification], words: Catalogue = ENGLISH, left_out: int = 0
) -> Tale:
    """The notifications of one incident, oldest first and at least one, as one message; `left_out` came before them.

    The latest is told in full, all others in a line each. Where there are too many, the first one and the
    latest ones stay, with a line in between that says how many are missing.
    """
    latest = next(
        (each for each in reversed(notifications) if each.telling not in _BESIDE), notifications[-1]
    )
    message = describe_notification(latest, words)
    bypass = next((each for each in reversed(notifications) if each.telling in BYPASS), None)
    told = (each for each in notifications if each.telling not in BYPASS or each is bypass)
    lines = [_line(each, latest, words) for each in told if each is not latest]
    if left_out or len(lines) > LONGEST_TIMELINE:
        first = lines[:1] if not left_out else []
        kept = lines[len(first) :][-(LONGEST_TIMELINE - 1 - len(first)) :]
        missing = left_out + len(lines) - len(first) - len(kept)
        lines = [*first, f"… {words.earlier(missing)}", *kept]
    return Tale(title=message.title, timeline=tuple(lines), lines=message.lines)


def _line(notification: Notification, latest: Notification, words: Catalogue) -> str:
    at, now = notification.at.wall.astimezone(), latest.at.wall.astimezone()
    day = "" if at.date() == now.date() else f"{at:%m-%d} "
    return f"{day}{at:%H:%M:%S} {plain(describe_shortly(notification, words), LONGEST_PHRASE)}"
