"""How far watchdog can trust its own memory, and what follows: only gentle steps while it cannot, and people are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from watchdog.core.durability import Durability, Opening, Store
from watchdog.core.happening import Happening, Publish
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Fact, Finding
from watchdog.plugins import Clock

# What these notifications are about, where others name a target.
JOURNAL = "the journal"
# After a start that may have forgotten something, nothing is taken away for so long: the world is looked at first.
CAUTION = 60.0

Tell = Callable[[Notification], Awaitable[None]]
# A disk that takes nothing, and one that takes only what was set aside.
_FULL = (Store.RESERVE, Store.MEMORY)


class Safekeeping:
    """Follows where the journal's writes go. `end` is called when only another start can mend it."""

    def __init__(
        self,
        *,
        opening: Opening,
        durability: Callable[[], Durability],
        clock: Clock,
        tell: Tell,
        told: Callable[[], None],
        spawn: Callable[[str, Coroutine[Any, Any, None]], None],
        publish: Publish,
        end: Callable[[], None],
        caution: float = CAUTION,
    ) -> None:
        self._opening = opening
        self._durability = durability
        self._clock = clock
        self._tell = tell
        self._told = told
        self._spawn = spawn
        self._publish = publish
        self._end = end
        self._caution = caution
        self._began: Moment | None = None
        self._full = False

    # --- what follows from it ---

    def gentle(self) -> str:
        """Why only gentle steps may be done now, "" while all may."""
        if self.in_memory():
            return "journal-in-memory"
        began = self._began
        if not self._opening.forgetful or began is None:
            return ""
        return "just-begun" if self._clock.now().seconds_since(began) < self._caution else ""

    def in_memory(self) -> bool:
        """Whether what is decided would not survive a crash."""
        return self._durability().store in (Store.MEMORY, Store.BROKEN)

    # --- what happens ---

    async def begin(self) -> None:
        """Say in what state the journal was found; to be called at start."""
        self._began = self._clock.now()
        found = self._opening
        if found.damage:
            facts: dict[str, Fact] = {"problem": found.damage, "file": found.set_aside}
            facts["carried"] = sum(found.carried.values())
            await self._say(Telling.JOURNAL_DAMAGED, Severity.CRITICAL, facts)
        elif found.lost_since:
            await self._say(Telling.JOURNAL_GAP, Severity.HIGH, {"since": found.lost_since})
        await self._follow(self._durability())

    def changed(self, durability: Durability) -> None:
        """Writes go somewhere else than before. Called in the loop."""
        self._spawn("follow the journal", self._follow(durability))

    async def _follow(self, durability: Durability) -> None:
        facts: dict[str, Fact] = {"store": durability.store.value, "reason": durability.reason}
        self._publish(Happening(name="journal.store", at=self._clock.now(), facts=facts))
        if durability.store is Store.BROKEN:
            self._end()
        elif durability.store in _FULL and not self._full:
            self._full = True
            await self._say(Telling.JOURNAL_FULL, Severity.CRITICAL, {"problem": durability.reason})
        elif durability.store is Store.DISK and self._full:
            self._full = False
            await self._say(Telling.JOURNAL_WELL, Severity.HIGH, {})

    async def _say(self, telling: Telling, severity: Severity, facts: dict[str, Fact]) -> None:
        told = Notification(
            telling=telling,
            target=JOURNAL,
            at=self._clock.now(),
            finding=Finding(telling.value, facts),
            severity=severity,
            facts=facts,
        )
        await self._tell(told)
        self._told()
