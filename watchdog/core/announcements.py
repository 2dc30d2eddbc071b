"""All acts of ours that are under way, and which events of the engine they account for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from watchdog.core.event import Announcement, EngineEvent
from watchdog.core.moment import Moment
from watchdog.core.observation import Hand
from watchdog.core.target import name_target

# An act that was announced and never came is forgotten after this; stops may take minutes.
LASTS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    announcement: Announcement
    target: str
    at: Moment
    since: int
    until: int | None = None
    begun: bool = False

    def covers(self, event: EngineEvent) -> bool:
        """Whether the event came while this act could cause any."""
        return self.since <= event.time and (self.until is None or event.time <= self.until)


@dataclass(frozen=True, slots=True)
class Announcements:
    """What we said we would do. Each event of ours is counted off, so that a second one is a person's."""

    said: tuple[_Said, ...] = ()

    def saying(
        self, announcement: Announcement, target: str, now: Moment, since: int = 0, until: int | None = None
    ) -> Announcements:
        """The same with one act more.

        Only events between the engine times `since` and `until` (ns) can be its doing. One of the present
        (`since` 0) takes the place of what was said of its container before. Of the past there may be many, and one
        may still be under way: the engine goes on with a stop whose caller has died.
        """
        kept = tuple(
            said
            for said in self.said
            if now.seconds_since(said.at) < LASTS
            and (since or said.since or said.announcement.container_id != announcement.container_id)
        )
        new = _Said(announcement=announcement, target=target, at=now, since=since, until=until)
        return Announcements((*kept, new))

    def settled(self) -> Announcements:
        """The same without acts of the past that have caused nothing by now: they never will."""
        return Announcements(tuple(said for said in self.said if not said.since or said.begun))

    def claim(self, event: EngineEvent) -> tuple[Announcements, Hand]:
        """WATCHDOG if the event is one that we announced (it is counted off), else PERSON.

        A start ends the stop before it: what it did not use up (a KILL that was not needed) is ours no more,
        or the next stop, a person's, would be taken for it.
        """
        if event.action == "start":
            return Announcements(tuple(said for said in self.said if not _is_over(said, event))), Hand.PERSON
        for index, said in enumerate(self.said):
            if not said.covers(event):
                continue
            left = said.announcement.claim(event)
            if left is not None:
                counted = replace(said, announcement=left, begun=True)
                return Announcements((*self.said[:index], counted, *self.said[index + 1 :])), Hand.WATCHDOG
            if _is_replacement(event, said):
                return self, Hand.WATCHDOG
        return self, Hand.PERSON


def _is_over(said: _Said, start: EngineEvent) -> bool:
    # The engine's own policy may start it once more between our word and our act: nothing has begun then.
    return said.begun and said.covers(start) and said.announcement.container_id == start.container_id


def _is_replacement(event: EngineEvent, said: _Said) -> bool:
    """A replacement creates a container whose id nobody knew before: it goes by its target."""
    if event.action != "create" or "destroy" not in said.announcement.left:
        return False
    # Compose gives a replacement a passing name; its labels are the final ones.
    return name_target(event.attributes, event.attributes.get("name", "")) == said.target
