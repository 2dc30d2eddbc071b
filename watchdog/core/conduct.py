"""How a check that did not come with watchdog behaves, and when it is not asked any more."""

from __future__ import annotations

from dataclasses import dataclass, field

# So many looks at one target went wrong in a row, and the check had no answer about any other: it is not asked.
ENOUGH = 5


@dataclass(slots=True)
class Conduct:
    """One check's looks that went wrong since its last answer.

    They are counted by target: what breaks the looks at all targets at once counts once.
    """

    _failures: dict[str, int] = field(default_factory=dict)

    def answered(self) -> None:
        """It had an answer, about whatever target."""
        self._failures.clear()

    def failed(self, target: str) -> bool:
        """A look at this target went wrong by the check's own fault; True when that was once too often."""
        self._failures[target] = self._failures.get(target, 0) + 1
        return self._failures[target] >= ENOUGH
