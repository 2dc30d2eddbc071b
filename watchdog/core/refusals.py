"""When a socket that refuses us is believed to be a stale one, which only a restart of ours mends.

A socket file that is mounted into a container is the file of the engine that ran when the container was
started: a new engine listens on a new one. Any other loss may end by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from watchdog.core.errors import NobodyListens
from watchdog.core.moment import Moment


@dataclass(frozen=True, slots=True)
class Refusals:
    """Since when every attempt to reach the engine was refused, None while the last one was not."""

    since: Moment | None = None

    def after(self, trouble: Exception | None, now: Moment) -> Refusals:
        """What is known after one more attempt, which ended so (None: it was answered)."""
        if not isinstance(trouble, NobodyListens):
            return Refusals()
        return self if self.since is not None else Refusals(now)

    def lasted(self, now: Moment) -> float:
        """Seconds without a break, 0 if the last attempt was not refused."""
        return now.seconds_since(self.since) if self.since is not None else 0.0
