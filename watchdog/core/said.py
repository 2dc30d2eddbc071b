"""What a program says while it runs: its last words are kept, and some of it is passed on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

# Enough to see why a build failed, few enough to read.
KEPT_LINES = 40
LONGEST_LINE = 500
# Passed on at most so often, in seconds, and so many in all: who follows wants to see that it lives.
EVERY = 0.5
MOST = 200


class Said:
    """Takes a line at a time. `lines` are the last ones, made fit to be shown by `redact`."""

    def __init__(
        self, redact: Callable[[str], str], tell: Callable[[str], None], seconds: Callable[[], float]
    ) -> None:
        self._redact = redact
        self._tell = tell
        self._seconds = seconds
        self._kept: deque[str] = deque(maxlen=KEPT_LINES)
        self._told = 0
        self._latest: float | None = None

    def __call__(self, line: str) -> None:
        """Take in one line."""
        line = line.strip()[:LONGEST_LINE]
        if not line:
            return
        self._kept.append(line)
        now = self._seconds()
        if self._told < MOST and (self._latest is None or now - self._latest >= EVERY):
            self._told, self._latest = self._told + 1, now
            self._tell(self._redact(line))

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines, without secrets."""
        return tuple(self._redact(line) for line in self._kept)
