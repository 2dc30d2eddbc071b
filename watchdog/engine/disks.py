"""The watched disks as checks and actions use them: their ballast, and what takes the most room.

Belongs here: when the ballast is made again, and how often the engine is asked to add up what it stores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from watchdog.core.disk import BUILD_CACHE, DiskPlace, Room, Weight, WholeLog, may_keep_ballast, tell_weights
from watchdog.core.disk_history import DiskSample, sample_of
from watchdog.core.errors import GatewayError, Refused
from watchdog.core.happening import Happening, Publish
from watchdog.core.moment import Moment
from watchdog.core.size import show_size
from watchdog.plugins import Clock

# Seconds: how often the engine adds up what it stores, at most.
WEIGHED_FOR = 3600.0


class Watches(Protocol):
    """A check of disks."""

    @property
    def places(self) -> dict[str, DiskPlace]:
        """Its disks by name."""
        ...


class Gateway(Protocol):
    """The part of the disks' gateway that this takes."""

    async def room(self, path: str) -> Room:
        """What is used and free."""
        ...

    async def ballast(self, folder: str) -> int:
        """The size of the ballast."""
        ...

    async def make_ballast(self, path: str, folder: str, size: int) -> None:
        """Set space aside."""
        ...

    async def release_ballast(self, folder: str) -> int:
        """Give it back."""
        ...

    async def keep(self, folder: str, name: str, text: str) -> str:
        """Keep a text in a folder."""
        ...

    async def kept(self, folder: str, pattern: str) -> dict[str, str]:
        """The texts that were kept."""
        ...

    async def drop(self, path: str) -> None:
        """Remove it."""
        ...


class Storage(Protocol):
    """The part of the engine's stores that this takes."""

    async def dangling(self) -> tuple[Weight, ...]:
        """Images without a name."""
        ...

    async def prune(self) -> int:
        """Remove them."""
        ...

    async def prune_cache(self) -> None:
        """Remove the build cache."""
        ...

    async def weigh(self) -> tuple[Weight, ...]:
        """Everything with its size."""
        ...

    async def unrotated(self) -> tuple[str, ...]:
        """Whose log is kept whole."""
        ...

    async def whole_logs(self) -> tuple[WholeLog, ...]:
        """Those logs."""
        ...


class History(Protocol):
    """What was seen of the disks."""

    def remember(self, new: DiskSample, windows: Sequence[float]) -> tuple[DiskSample, ...]:
        """All that is known of one, with one more look at it."""
        ...


class Disks:
    """`plugins.Disks`, for the configuration in force."""

    def __init__(
        self,
        *,
        checks: Callable[[], tuple[Watches, ...]],
        gateway: Gateway,
        stores: Storage | None,
        history: History,
        clock: Clock,
        publish: Publish,
    ) -> None:
        self._checks = checks
        self._gateway = gateway
        self._stores = stores
        self._history = history
        self._clock = clock
        self._publish = publish
        self._weighed: tuple[Moment, tuple[Weight, ...]] | None = None
        self._growing: tuple[str, ...] = ()
        self._said: dict[str, str] = {}

    def place_of(self, target: str) -> DiskPlace | None:
        """What is configured of a disk."""
        return next((check.places[target] for check in self._checks() if target in check.places), None)

    def beside(self, target: str) -> DiskPlace | None:
        """The disk that holds the data of the InfluxDB in this container."""
        places = (place for check in self._checks() for place in check.places.values())
        return next(
            (each for each in places if each.influx is not None and each.influx.target == target), None
        )

    async def room(self, place: DiskPlace) -> Room:
        """What is used and free now."""
        return await self._gateway.room(place.path)

    async def history(self, place: DiskPlace, room: Room, windows: Sequence[float]) -> tuple[DiskSample, ...]:
        """All that is known of a disk, with this look at it."""
        new = sample_of(place.target, room, await self.ballast(place), self._clock.now())
        return self._history.remember(new, windows)

    async def ballast(self, place: DiskPlace) -> int:
        """The bytes of the ballast that is kept."""
        return await self._gateway.ballast(place.ballast) if place.ballast else 0

    async def release_ballast(self, place: DiskPlace) -> int:
        """Give the ballast back."""
        return await self._gateway.release_ballast(place.ballast) if place.ballast else 0

    async def keep_copy(self, place: DiskPlace, name: str, text: str) -> str:
        """Keep a text beside the ballast."""
        return await self._gateway.keep(place.ballast, name, text) if place.ballast else ""

    async def kept_copies(self, place: DiskPlace, pattern: str) -> dict[str, str]:
        """The texts that lie beside the ballast from before."""
        return await self._gateway.kept(place.ballast, pattern) if place.ballast else {}

    async def drop_copy(self, path: str) -> None:
        """It is not needed any more."""
        if path:
            await self._gateway.drop(path)

    async def keep_ballasts(self) -> None:
        """Make each ballast that is missing, where there is room enough far above the warning line."""
        for check in self._checks():
            for place in check.places.values():
                try:
                    await self._keep(place)
                except GatewayError as error:
                    self._say(place, str(error))

    async def dangling(self) -> tuple[Weight, ...]:
        """The project's images without a name."""
        return await self._storage().dangling()

    async def prune(self) -> int:
        """Remove those."""
        return await self._storage().prune()

    async def cache_size(self) -> int:
        """The bytes of the engine's build cache."""
        return sum(each.size for each in await self._weights() if each.what == BUILD_CACHE)

    async def prune_cache(self) -> None:
        """Remove what nothing uses now of it; what is left has to be weighed anew."""
        await self._storage().prune_cache()
        self._weighed = None

    async def whole_logs(self) -> tuple[WholeLog, ...]:
        """The logs that are kept whole, asked now."""
        return await self._storage().whole_logs()

    async def weigh(self, target: str) -> tuple[str, ...]:  # noqa: ARG002 - the engine's stores lie on one disk
        """What takes the most room; of the engine, and asked once an hour at most."""
        lines = tell_weights(await self._weights())
        if self._growing:
            lines = (*lines, f"logs that are kept whole, without rotation: {', '.join(self._growing)}")
        return lines

    def biggest(self) -> str:
        """The first few of them."""
        return "; ".join(tell_weights(self._weighed[1], 3)) if self._weighed is not None else ""

    async def _weights(self) -> tuple[Weight, ...]:
        now = self._clock.now()
        if self._weighed is None or now.seconds_since(self._weighed[0]) >= WEIGHED_FOR:
            found = await self._storage().weigh()
            self._growing = await self._storage().unrotated()
            self._weighed = (now, found)
        return self._weighed[1]

    async def _keep(self, place: DiskPlace) -> None:
        if not place.ballast or await self._gateway.ballast(place.ballast) >= place.ballast_size:
            return
        room = await self._gateway.room(place.path)
        if not may_keep_ballast(room, place.rules, place.ballast_size):
            return
        await self._gateway.make_ballast(place.path, place.ballast, place.ballast_size)
        self._say(place, "", size=show_size(place.ballast_size))

    def _say(self, place: DiskPlace, reason: str, **facts: str) -> None:
        """Once for each reason: it is tried again every minute."""
        if self._said.get(place.target) == reason and reason:
            return
        self._said[place.target] = reason
        name = "ballast.refused" if reason else "ballast.made"
        told = {"reason": reason, **facts} if reason else dict(facts)
        self._publish(Happening(name=name, at=self._clock.now(), target=place.target, facts=told))

    def _storage(self) -> Storage:
        if self._stores is None:
            raise Refused("what the engine stores cannot be asked here")
        return self._stores
