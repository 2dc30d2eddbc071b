"""When something happened, on the two clocks that matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One instant, as the machine counts (boot id + boot seconds) and as people read it (wall, UTC).

    Every rule of restraint (backoff, verification, budgets) counts on `boot`, which a changed wall clock
    cannot move; `wall` is only ever shown.
    """

    boot_id: str
    boot: float
    wall: datetime

    def seconds_since(self, earlier: Moment) -> float:
        """Seconds that certainly passed since `earlier`; never less than 0, never more than the truth.

        Across a reboot the true span is unknown, so the seconds since that boot stand for it: a lower
        bound, so that nothing expires early.
        """
        if self.boot_id == earlier.boot_id:
            return max(0.0, self.boot - earlier.boot)
        return max(0.0, self.boot)

    def precedes(self, other: Moment) -> bool:
        """Whether this was certainly before `other`; of two boots that cannot be told, so it is False."""
        return self.boot_id == other.boot_id and self.boot < other.boot

    def to_json(self) -> dict[str, str | float]:
        """The form in which the journal keeps it."""
        return {"boot_id": self.boot_id, "boot": self.boot, "wall": self.wall.isoformat()}

    @classmethod
    def from_json(cls, stored: dict[str, str | float]) -> Moment:
        """The same moment, read back from the journal."""
        return cls(
            boot_id=str(stored["boot_id"]),
            boot=float(stored["boot"]),
            wall=datetime.fromisoformat(str(stored["wall"])).astimezone(UTC),
        )
