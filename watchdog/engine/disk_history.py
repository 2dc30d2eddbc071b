"""The history of the watched disks: in memory for the checks, and in the journal so that it outlives the daemon."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Protocol

from watchdog.core.disk_history import DiskSample, remember
from watchdog.core.durability import Durability, Store
from watchdog.core.errors import JournalError
from watchdog.core.moment import Moment
from watchdog.plugins import Clock

# Seconds: written once a minute at most, in one transaction; more often only where windows are shorter than minutes.
KEEP_EVERY = 60.0
KEPT_IN_A_WINDOW = 10.0


class Rows(Protocol):
    """The part of the journal that holds it."""

    async def samples(self) -> tuple[DiskSample, ...]:
        """All of them, oldest first."""
        ...

    async def keep(self, new: Sequence[DiskSample], gone: Sequence[DiskSample]) -> None:
        """Write some, and remove others, all or nothing."""
        ...


class DiskHistory:
    """What was seen of each disk, thinned."""

    def __init__(
        self,
        rows: Rows,
        clock: Clock,
        *,
        durability: Callable[[], Durability],
        targets: Callable[[], Collection[str]],
    ) -> None:
        """`targets`: the disks that are watched now."""
        self._rows = rows
        self._clock = clock
        self._durability = durability
        self._targets = targets
        self._samples: dict[str, tuple[DiskSample, ...]] = {}
        self._written: dict[str, frozenset[DiskSample]] = {}
        self._kept: Moment | None = None
        self._every = KEEP_EVERY

    async def load(self) -> None:
        """Begin with what an earlier daemon saw since the machine booted. What cannot be read was not seen."""
        with suppress(JournalError):
            found, now = await self._rows.samples(), self._clock.now()
            for target in {each.target for each in found}:
                mine = tuple(each for each in found if each.target == target)
                self._written[target] = frozenset(mine)
                if target in self._targets():
                    since_boot = (each for each in mine if each.at.boot_id == now.boot_id)
                    self._samples[target] = tuple(each for each in since_boot if each.at.boot <= now.boot)

    def remember(self, new: DiskSample, windows: Sequence[float]) -> tuple[DiskSample, ...]:
        """All that is known of a disk, with one more look at it."""
        self._every = min(self._every, min(windows) / KEPT_IN_A_WINDOW)
        kept = remember(self._samples.get(new.target, ()), new, windows)
        self._samples[new.target] = kept
        return kept

    async def keep(self, *, at_once: bool = False) -> None:
        """Write what is new, and remove what is of use no more, if it is time; or in any case.

        Only to the disk: what little can be kept while that is full is for decisions.
        """
        now = self._clock.now()
        due = at_once or self._kept is None or now.seconds_since(self._kept) >= self._every
        if not due or self._durability().store is not Store.DISK:
            return
        self._kept = now
        wanted = {
            target: frozenset(self._samples.get(target, ())) for target in (*self._samples, *self._written)
        }
        new = [
            each
            for target, all_of in wanted.items()
            for each in all_of - self._written.get(target, frozenset())
        ]
        gone = [each for target, old in self._written.items() for each in old - wanted[target]]
        if not new and not gone:
            return
        with suppress(JournalError):
            await self._rows.keep(new, gone)
            self._written = wanted
