"""What a check and an action may ask of the watched disks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from watchdog.core.disk import DiskPlace, InfluxPlace, Room, Weight, WholeLog
from watchdog.core.disk_history import DiskSample


class Disks(Protocol):
    """The watched disks, and what can be given back on them. Raises `Unreachable`, `Refused` and `Misconfigured`."""

    def place_of(self, target: str) -> DiskPlace | None:
        """What is configured of a disk, None when no check has one of that name."""
        ...

    def beside(self, target: str) -> DiskPlace | None:
        """The disk that holds the data of the InfluxDB in this container, None when none is known to."""
        ...

    async def room(self, place: DiskPlace) -> Room:
        """What is used and free now."""
        ...

    async def history(self, place: DiskPlace, room: Room, windows: Sequence[float]) -> tuple[DiskSample, ...]:
        """All that is known of a disk, with this look at it; `windows`: how far back it is of use. Seconds."""
        ...

    async def ballast(self, place: DiskPlace) -> int:
        """The bytes of the ballast that is kept, 0 when there is none."""
        ...

    async def release_ballast(self, place: DiskPlace) -> int:
        """Give the ballast back; its bytes."""
        ...

    async def keep_copy(self, place: DiskPlace, name: str, text: str) -> str:
        """Keep a text beside the ballast, for the case that we die; its path, "" where there is no such folder."""
        ...

    async def kept_copies(self, place: DiskPlace, pattern: str) -> Mapping[str, str]:
        """The texts that lie there from before, by path: we died, or they could not be given back."""
        ...

    async def drop_copy(self, path: str) -> None:
        """It is not needed any more."""
        ...

    async def dangling(self) -> tuple[Weight, ...]:
        """The project's own images that have no name and no container."""
        ...

    async def prune(self) -> int:
        """Remove those; how many there were."""
        ...

    async def cache_size(self) -> int:
        """The bytes of the engine's build cache, as it was known within the last hour."""
        ...

    async def prune_cache(self) -> None:
        """Remove what nothing uses now of it, of all projects."""
        ...

    async def whole_logs(self) -> tuple[WholeLog, ...]:
        """The logs of the project's containers that are kept whole, asked now."""
        ...

    async def weigh(self, target: str) -> tuple[str, ...]:
        """What takes the most room, in lines for people; asked of the engine once an hour at most."""
        ...

    def biggest(self) -> str:
        """The same in a phrase, as it was last known; "" when it never was."""
        ...


def influx_on(disks: Disks | None, target: str) -> InfluxPlace | None:
    """The InfluxDB whose data lies on this disk, None when none is configured."""
    place = disks.place_of(target) if disks is not None else None
    return place.influx if place is not None else None
