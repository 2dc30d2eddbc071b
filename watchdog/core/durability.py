"""How safe it is what watchdog remembers: where its writes go, and in what state its journal was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from watchdog.core.moment import Moment


class Store(StrEnum):
    """Where writes go.

    DISK: as they should. RESERVE: on the disk too, but it is full and the space that was set aside is being used
    up. MEMORY: nowhere else, a crash loses them; they are written as soon as the disk takes them. BROKEN:
    the journal was found damaged while it was in use: nothing is written, and the next start sets it aside.
    """

    DISK = "disk"
    RESERVE = "reserve"
    MEMORY = "memory"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Durability:
    """Where writes go now, since when, and why, in a sentence; both are empty for what is as it should be."""

    store: Store = Store.DISK
    since: Moment | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """In what state the journal was found.

    Attributes:
        damage: what was wrong with it, in a sentence; "" for nothing.
        set_aside: the file in which the damaged one lies now.
        carried: how many rows of each table could be taken over from it into the new one.
        lost_since: since when (as people write it) the daemon before this one had kept all it decided in memory
            only, when it ended without having written it; "" if it had not.
    """

    damage: str = ""
    set_aside: str = ""
    carried: Mapping[str, int] = field(default_factory=dict)
    lost_since: str = ""

    @property
    def forgetful(self) -> bool:
        """Something that was decided may not be remembered: nothing destructive before the world was looked at."""
        return bool(self.damage or self.lost_since)
