"""Compares every container with its Compose files when it is first seen: off the path of any heal.

What the files say then is kept by the container's id, so that a later replacement can tell whether they
have changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from watchdog.core.errors import GatewayError
from watchdog.core.moment import Moment
from watchdog.core.preflight import FirstSight
from watchdog.core.roster import ComposeOrigin, Known
from watchdog.plugins import Clock

# Seconds until a container that could not be compared is tried again, doubled each time: a broken file, or a
# machine without Compose, costs no process every few seconds for ever.
FIRST_WAIT = 5.0
LONGEST_WAIT = 300.0


@dataclass(frozen=True, slots=True)
class _Failed:
    """A sight that failed, and how many seconds after that it is tried again."""

    at: Moment
    wait: float


class Seer(Protocol):
    """Compose, as far as it is needed here."""

    async def first_sight(self, origin: ComposeOrigin) -> FirstSight:
        """What the files say at the first sight of a container. Raises `Refused` and `Unreachable`."""
        ...

    def remember(self, sights: Iterable[FirstSight]) -> None:
        """What the files said when these containers were first seen, and of no others."""
        ...


class SightBook(Protocol):
    """The journal, as far as it is needed here."""

    async def save_first_sight(self, sight: FirstSight) -> None:
        """Write one down."""
        ...

    async def first_sights(self) -> tuple[FirstSight, ...]:
        """All of them."""
        ...

    async def forget_first_sights(self, container_ids: tuple[str, ...]) -> None:
        """Remove those of containers that are gone."""
        ...


class Sights:
    """Keeps the first sight of each container that Compose made."""

    def __init__(
        self, *, compose: Seer, journal: SightBook, targets: Callable[[], Iterable[Known]], clock: Clock
    ) -> None:
        self._compose = compose
        self._journal = journal
        self._targets = targets
        self._clock = clock
        self._seen: dict[str, FirstSight] = {}
        self._failed: dict[str, _Failed] = {}
        self._looking = False

    async def remember(self) -> None:
        """Begin with what an earlier daemon saw."""
        self._seen = {sight.container_id: sight for sight in await self._journal.first_sights()}
        self._compose.remember(self._seen.values())

    async def take(self) -> None:
        """Look at the containers that were not looked at yet. What cannot be told now is tried again later."""
        if self._looking:
            return
        self._looking = True
        try:
            known = [target for target in self._targets() if target.container_id]
            current = {target.container_id for target in known}
            for target in known:
                if target.present and target.origin is not None and target.container_id not in self._seen:
                    await self._see(target.origin)
            self._failed = {each: failed for each, failed in self._failed.items() if each in current}
            await self._forget(current)
        finally:
            self._looking = False

    async def _see(self, origin: ComposeOrigin) -> None:
        failed = self._failed.get(origin.container_id)
        if failed is not None and self._clock.now().seconds_since(failed.at) < failed.wait:
            return
        try:
            sight = await self._compose.first_sight(origin)
            await self._journal.save_first_sight(sight)
        except GatewayError:
            wait = FIRST_WAIT if failed is None else min(LONGEST_WAIT, failed.wait * 2)
            self._failed[origin.container_id] = _Failed(self._clock.now(), wait)
            return
        self._failed.pop(origin.container_id, None)
        self._seen[sight.container_id] = sight

    async def _forget(self, current: set[str]) -> None:
        gone = tuple(container_id for container_id in self._seen if container_id not in current)
        if not gone or not current:
            return
        with suppress(GatewayError):
            await self._journal.forget_first_sights(gone)
            self._seen = {each: sight for each, sight in self._seen.items() if each in current}
            self._compose.remember(self._seen.values())
