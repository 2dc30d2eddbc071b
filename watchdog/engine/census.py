"""Which containers there are, and what is known of their past: the one holder of the roster."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from watchdog.core.announcements import LASTS, Announcements
from watchdog.core.container import ContainerFacts, Sighting
from watchdog.core.doom import READ_LINES
from watchdog.core.errors import GatewayError, JournalError, NotThere, Unreachable
from watchdog.core.event import Announcement, EngineEvent, Life
from watchdog.core.moment import Moment
from watchdog.core.observation import Hand
from watchdog.core.roster import ComposeOrigin, ContainerRow, Known, Roster
from watchdog.core.target import Wishes, combine
from watchdog.plugins import Clock, Compose, Engine

# In place of the time of an end, for a container that is gone.
REMOVED = -1
# What a look showed holds for so long, when no event came since: a step need not look again. Seconds.
JUST = 0.5


class Lister(Engine, Protocol):
    """The engine, as the census needs it."""

    async def list_containers(self) -> tuple[ContainerRow, ...]:
        """Every container in scope, running or not, in one request."""
        ...

    async def recent_events(self) -> tuple[tuple[EngineEvent, ...], int | None]:
        """What the engine still remembers, and since when (engine time, ns) that is complete."""
        ...


class Memory(Protocol):
    """Where targets are remembered across restarts of the daemon."""

    async def save_targets(self, targets: tuple[Known, ...]) -> None:
        """Remember these as last seen."""
        ...

    async def forget_target(self, target: str) -> None:
        """Remember it no more."""
        ...


# An event, whose hand it was, the life of the container before it, and the target.
Heard = Callable[[EngineEvent, Hand, Life, str | None], None]


def _unheard(event: EngineEvent, hand: Hand, before: Life, target: str | None) -> None:
    """Nobody follows."""


class Census:
    """Answers `plugins.Containers` from the engine's list, its events and inspects."""

    def __init__(
        self,
        engine: Lister,
        compose: Compose,
        clock: Clock,
        memory: Memory,
        wishes: Callable[[str], Wishes],
        *,
        heard: Heard = _unheard,
    ) -> None:
        """`heard` is told of every event as it happens, and whose hand was behind it."""
        self._tell = heard
        self._engine = engine
        self._compose = compose
        self._clock = clock
        self._memory = memory
        self._wishes = wishes
        self._announcements = Announcements()
        self._heard: deque[tuple[int, str, str]] = deque(maxlen=1024)
        self._cut_short: set[str] = set()
        self._last_heard = 0
        self._recollected: dict[str, int] = {}
        self._read: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._seen: dict[str, tuple[Moment, ContainerFacts]] = {}
        # By container: the latest event (engine time, ns).
        self._stirred: dict[str, int] = {}
        # When the engine was last asked something that it answered.
        self._answered: Moment | None = None
        self._listed = False
        self._empty = False
        self._unsaved: set[str] = set()
        self.roster = Roster()

    # --- plugins.Containers ---

    async def look(self, target: str) -> Sighting:
        """What is seen of a target now, with its past."""
        if not self._listed:
            raise Unreachable("the engine has not been listed yet")
        if not self._known(target).present:
            await self.take()  # absence, too, is only believed when it is seen now
        known = self._known(target)
        if not known.present:
            await self._hear_its_removal(known.container_id)
            return await self._absent(self.roster.sighting(target, None, self.wishes(target)), known)
        life = self.roster.lives.get(known.container_id)
        if life is not None and life.died is not None and known.container_id not in self._read:
            # It is known to have died: both are asked at once, milliseconds count here.
            facts, tail = await asyncio.gather(self._inspect(known), self._log_tail(known.container_id))
        else:
            facts, tail = await self._inspect(known), ()
            if facts is not None and facts.state in ("exited", "dead", "restarting", "created"):
                tail = self._read_already(facts) or await self._log_tail(facts.id)
        if facts is not None and tail and facts.state in ("exited", "dead"):
            self._read[facts.id] = (facts.finished, tail)
        if facts is not None and self._known(target).container_id != facts.id:
            # Replaced while it was looked at: that is another container's life.
            return await self.look(target)
        if facts is not None and facts.state in ("exited", "dead"):
            await self._hear_its_end(facts)
        seen = self.roster.sighting(target, facts, self.wishes(target))
        if facts is None:
            return await self._absent(seen, known)
        return await self._with_network(replace(seen, log_tail=tail), facts)

    def container_of(self, target: str) -> str | None:
        """The id of the target's container, None when it has none."""
        known = self.roster.targets.get(target)
        return known.container_id if known is not None and known.present else None

    def known_down(self, target: str) -> bool:
        """True when the last look at the target's container found it at rest, and nothing came since."""
        known = self.roster.targets.get(target)
        return known is not None and known.present and known.resting_since is not None

    def just_seen(self, target: str) -> ContainerFacts | None:
        """What a look at the target's container showed a moment ago; None when anything was heard of it since."""
        began, facts = self._seen.get(self.container_of(target) or "", (None, None))
        just = began is not None and self._clock.now().seconds_since(began) <= JUST
        return facts if just else None

    def origin_of(self, target: str) -> ComposeOrigin | None:
        """The Compose project that a target comes from."""
        known = self.roster.targets.get(target)
        return known.origin if known is not None else None

    def replicas_of(self, target: str) -> int:
        """How many containers the target's Compose service has now."""
        origin = self.origin_of(target)
        if origin is None:
            return 1
        mine = (origin.project, origin.service)
        present = [known.origin for known in self.roster.targets.values() if known.present and known.origin]
        return sum((other.project, other.service) == mine for other in present)

    def announce(self, announcement: Announcement, target: str, lasts: float = LASTS) -> None:
        """Say what events an act of ours is about to cause within `lasts` seconds."""
        now = self._clock.now()
        until = int((now.wall.timestamp() + lasts) * 1e9)
        self._announcements = self._announcements.saying(announcement, target, now, until=until)

    # --- for the listener and the scheduler ---

    def targets(self) -> tuple[str, ...]:
        """The names of all watched targets."""
        return tuple(name for name in self.roster.targets if self.wishes(name).enabled)

    def wishes(self, target: str) -> Wishes:
        """What config and labels say of a target."""
        known = self.roster.targets.get(target)
        return combine(self._wishes(target), known.wishes if known is not None else Wishes())

    def remember(self, targets: Iterable[Known]) -> None:
        """Begin with what an earlier daemon had seen: nothing of it is present until the list says so."""
        self.roster = Roster(targets={known.target: known for known in targets}).listed(
            (), self._clock.now()
        )[0]

    async def take(self) -> frozenset[str]:
        """List everything once; the targets that look different from what was known."""
        asked = self._clock.now()
        rows = await self._engine.list_containers()
        self._answered = asked
        before, self._listed, self._empty = self.roster.targets, True, not rows
        self.roster, changed = self.roster.listed(rows, self._clock.now())
        current = {known.container_id for known in self.roster.targets.values()}
        self._recollected = {i: end for i, end in self._recollected.items() if i in current}
        self._read = {i: read for i, read in self._read.items() if i in current}
        self._seen = {i: seen for i, seen in self._seen.items() if i in current}
        self._stirred = {i: at for i, at in self._stirred.items() if i in current}
        self._unsaved |= {
            name
            for name, known in self.roster.targets.items()
            if _identity(known) != _identity(before.get(name))
        }
        await self._save()
        return frozenset(name for name in changed if self.wishes(name).enabled)

    def hear(self, event: EngineEvent, *, live: bool = True) -> str | None:
        """Take in one event; the target it concerns, None if it was heard before or concerns none.

        `live`: it just happened, and is not what the engine remembers.
        """
        key = (event.time, event.container_id, event.action)
        if key in self._heard:
            return None
        self._heard.append(key)
        self._last_heard = max(self._last_heard, event.time)
        self._stirred[event.container_id] = event.time
        self._seen.pop(event.container_id, None)
        if event.action == "start":
            self._read.pop(event.container_id, None)
        self._announcements, hand = self._announcements.claim(event)
        before = self.roster.lives.get(event.container_id, Life(container_id=event.container_id))
        self.roster = self.roster.heard(event, hand, self._clock.now())
        target = self.roster.target_of(event.container_id)
        if live:
            self._tell(event, hand, before, target)
        return target

    def recall(self, events: Iterable[EngineEvent], reach: int | None) -> None:
        """Take in what the engine itself still remembers, complete since `reach` (engine time, ns)."""
        since = reach if reach is not None else int(self._clock.now().wall.timestamp() * 1e9)
        ids = {known.container_id for known in self.roster.targets.values()}
        self.roster = self.roster.witnessed_since(ids, since, gap=since > self._last_heard)
        for event in events:
            self.hear(event, live=False)
        for target in self._cut_short:
            self._take_blame(target)
        self._cut_short.clear()
        self._announcements = self._announcements.settled()

    def lost(self) -> None:
        """The engine's events have ended: it may have ended itself, and its containers before that."""
        self.roster = self.roster.ended_with_the_engine(self._answered)

    def own_up(self, announcement: Announcement, target: str, since: int, until: int | None = None) -> None:
        """What a step of an earlier daemon did between these engine times (ns) was our doing.

        `until` is None for a step that was cut short: how far it came is not known.
        """
        now = self._clock.now()
        self._announcements = self._announcements.saying(announcement, target, now, since, until)
        if until is None:
            self._cut_short.add(target)

    # --- parts ---

    def _known(self, target: str) -> Known:
        known = self.roster.targets.get(target)
        if known is None:
            raise NotThere(f"{target} is not watched any more")
        return known

    async def _save(self) -> None:
        """Remember what changed. A journal that cannot write is no reason to see less: the next list tries again."""
        names = tuple(self._unsaved)
        moved = tuple(self.roster.targets[name] for name in names if name in self.roster.targets)
        if moved:
            with suppress(JournalError):
                await self._memory.save_targets(moved)
                self._unsaved.difference_update(names)

    def _take_blame(self, target: str) -> None:
        """What cannot be told otherwise was our doing."""
        container_id = self.container_of(target)
        life = self.roster.lives.get(container_id or "")
        if container_id is None or (life is not None and (life.ended_by or life.first_kill)):
            return
        self.roster = self.roster.attributed(container_id)

    async def _inspect(self, known: Known) -> ContainerFacts | None:
        began, heard = self._clock.now(), self._stirred.get(known.container_id)
        try:
            facts = await self._engine.inspect(known.container_id)
        except NotThere:
            await self.take()
            known = self._known(known.target)
            if not known.present:
                return None
            facts = await self._engine.inspect(known.container_id)
        self._answered = began
        if self._known(known.target).container_id == facts.id:
            self.roster = self.roster.inspected(known.target, facts, self._clock.now())
        if self._stirred.get(facts.id) == heard:
            self._seen[facts.id] = (began, facts)
        return facts

    async def _hear_its_end(self, facts: ContainerFacts) -> None:
        """Found down before any event told of it: the engine is asked for what it remembers, once.

        The events may be on their way, or lost: whose hand it was must not be guessed from their absence.
        """
        life = self.roster.lives.get(facts.id)
        if life is None or life.end_unheard(facts.finished, facts.started):
            await self._recollect(facts.id, facts.finished)

    async def _hear_its_removal(self, container_id: str) -> None:
        """The same for a container that is gone."""
        life = self.roster.lives.get(container_id)
        if life is None or life.removed_by is None:
            await self._recollect(container_id, REMOVED)

    async def _recollect(self, container_id: str, end: int) -> None:
        if self._recollected.get(container_id) != end:
            self.recall(*await self._engine.recent_events())
            self._recollected[container_id] = end

    def _read_already(self, facts: ContainerFacts) -> tuple[str, ...]:
        """The end of its log, if it was read since this end: in a storm each target is looked at many times."""
        finished, tail = self._read.get(facts.id, (0, ()))
        return tail if finished == facts.finished else ()

    async def _log_tail(self, container_id: str) -> tuple[str, ...]:
        try:
            return await self._engine.logs(container_id, READ_LINES)
        except GatewayError:
            return ()  # a log that cannot be read hides some lines, no more

    async def _with_network(self, seen: Sighting, facts: ContainerFacts) -> Sighting:
        """A container that lives in another one's network has lost it when that one was started anew, or is gone."""
        if facts.state != "running" or not facts.network_owner:
            return seen
        try:
            owner = await self._engine.inspect(facts.network_owner)
        except NotThere:
            return replace(seen, network_lost=True, owner_gone=True)
        return replace(seen, network_lost=owner.state == "running" and owner.started > facts.started)

    async def _absent(self, seen: Sighting, known: Known) -> Sighting:
        if seen.life.removed_by is Hand.PERSON or known.origin is None or self._empty:
            return seen  # an empty list may be the engine's mistake: nothing is concluded from it
        defined = await self._compose.defines(known.origin)
        if defined is False:
            self.roster = self.roster.forgotten(known.target)
            await self._memory.forget_target(known.target)
        return replace(seen, defined=defined)


def _identity(known: Known | None) -> tuple[object, ...] | None:
    """What of a target is worth remembering across restarts: its state is looked at anyway."""
    if known is None:
        return None
    return (known.container_id, known.image_id, known.wishes, known.origin)
