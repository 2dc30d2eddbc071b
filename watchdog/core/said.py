"""What a program says while it runs: its last words are kept, and some of it is passed on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from watchdog.core.redaction import cut

# Enough to see why a build failed, few enough to read.
KEPT_LINES = 40
LONGEST_LINE = 500
# Passed on: so many at once, then one every so many seconds. Who follows wants to see that it lives.
BURST = 30
EVERY = 0.5


class Said:
    """Takes a line at a time. `lines` are the last ones, made fit to be shown by `redact`."""

    def __init__(
        self, redact: Callable[[str], str], tell: Callable[[str], None], seconds: Callable[[], float]
    ) -> None:
        self._redact = redact
        self._tell = tell
        self._seconds = seconds
        self._kept: deque[str] = deque(maxlen=KEPT_LINES)
        self._left = float(BURST)
        self._latest = seconds()

    def __call__(self, line: str) -> None:
        """Take in one line."""
        line = cut(line.strip(), LONGEST_LINE)
        if not line:
            return
        self._kept.append(line)
        now = self._seconds()
        self._left = min(float(BURST), self._left + (now - self._latest) / EVERY)
        self._latest = now
        if self._left >= 1:
            self._left -= 1
            self._tell(self._redact(line))

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines, without secrets."""
        return tuple(self._redact(line) for line in self._kept)
