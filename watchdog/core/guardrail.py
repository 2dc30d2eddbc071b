"""The rules that may refuse an action, and the ledger that they read.

Numbers: kubelet waits 10 s, doubled to at most 300 s, and forgets after 10 minutes of running; its first
restart is immediate. systemd gives up after 5 starts. Both are in use by everybody for years.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from watchdog.core.flapping import Flaps
from watchdog.core.moment import Moment
from watchdog.core.verdict import Allow, Refuse, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a target may be touched. Seconds; every default is the promise.

    Attributes:
        first: wait before the second attempt (the first is immediate).
        factor: by how much each wait is longer than the one before.
        longest: no wait is longer than this.
        forget_after: seconds of verified health that clear the attempts.
        attempts: after so many the target is given up.
    """

    first: float = 10.0
    factor: float = 2.0
    longest: float = 300.0
    forget_after: float = 600.0
    attempts: int = 5

    def wait_before(self, attempt: int) -> float:
        """Seconds between the end of the attempt before and attempt number `attempt` (counted from 0)."""
        if attempt == 0:
            return 0.0
        # 2 ** 1024 is no float any more; long before that no wait is.
        return min(self.longest, self.first * self.factor ** min(attempt - 1, 64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One changing step that was begun. `at` is its end, or its beginning while it runs."""

    action: str
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The attempts on one target: kept across incidents and restarts of the daemon.

    Attributes:
        version: the image id that the attempts were made on; another one clears them.
        healthy_since: when verified health began, None while sick, unknown or just started.
        given_up: attempts are spent; only a human or another version goes on.
        flaps: how it alternates between well and sick, None before it was first looked at.
    """

    target: str
    version: str = ""
    attempts: tuple[Attempt, ...] = ()
    healthy_since: Moment | None = None
    given_up: bool = False
    flaps: Flaps | None = None

    def for_version(self, version: str) -> Ledger:
        """The ledger for what the target runs now; an unknown version changes nothing."""
        if not version or version == self.version:
            return self
        if not self.version:
            return replace(self, version=version)
        return Ledger(target=self.target, version=version)

    def relabelled(self, version: str) -> Ledger:
        """The same attempts, held against another version: we made it ourselves."""
        return replace(self, version=version) if version else self

    def seen_well(self, now: Moment) -> Ledger:
        """The same with health noted, from now on if it was not already."""
        return self if self.healthy_since is not None else replace(self, healthy_since=now)

    def seen_otherwise(self, limits: Limits, now: Moment) -> Ledger:
        """The same with health ended; attempts are forgotten if it had lasted long enough."""
        return replace(self.forgiven(limits, now), healthy_since=None)

    def forgiven(self, limits: Limits, now: Moment) -> Ledger:
        """The same without attempts if health has lasted long enough by now."""
        if self.healthy_since is None or now.seconds_since(self.healthy_since) < limits.forget_after:
            return self
        return replace(self, attempts=(), given_up=False)

    def begun(self, action: str, now: Moment) -> Ledger:
        """The same with one attempt more, counted before it is made."""
        return replace(self, attempts=(*self.attempts, Attempt(action=action, at=now)))

    def ended(self, now: Moment) -> Ledger:
        """The same with the latest attempt ended now: the next wait counts from here."""
        if not self.attempts:
            return self
        return replace(self, attempts=(*self.attempts[:-1], replace(self.attempts[-1], at=now)))

    def cleared(self) -> Ledger:
        """The same with nothing held against the target."""
        return Ledger(target=self.target, version=self.version)


def judge_attempt(ledger: Ledger, limits: Limits, now: Moment) -> Verdict:
    """May this target be touched now? Refuses while a wait runs, and for good when attempts are spent."""
    made = len(ledger.attempts)
    if ledger.given_up or made >= limits.attempts:
        return Refuse("attempts-spent")
    if made == 0:
        return Allow()
    left = limits.wait_before(made) - now.seconds_since(ledger.attempts[-1].at)
    if left > 0:
        return Refuse("backing-off", wait=left)
    return Allow()
