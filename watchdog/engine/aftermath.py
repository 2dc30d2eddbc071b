"""What is held against a check: that it froze the daemon before this one, or goes wrong again and again.

It is told once, written down, and the check is not asked until the configuration or the version is another, or a
person wants it to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from watchdog.core.conduct import ENOUGH
from watchdog.core.errors import GatewayError
from watchdog.core.freeze import Freeze, switched_off
from watchdog.core.happening import Happening, Publish
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Finding
from watchdog.plugins import Clock
from watchdog.wording import describe_freeze


class Book(Protocol):
    """The journal, as far as freezes go."""

    async def save_freeze(
        self,
        freeze: Freeze,
        fingerprint: str,
        text: str,
        notifications: tuple[Notification, ...],
        now: Moment,
    ) -> None:
        """Write one down, with its line of the story and what is to be told."""
        ...

    async def freezes(self, fingerprint: str) -> dict[str, int]:
        """How often each check froze this version with this configuration."""
        ...

    async def save_misconduct(
        self, check: str, fingerprint: str, reason: str, notification: Notification, now: Moment
    ) -> None:
        """Write down that a check is not asked any more, and what is to be told of it."""
        ...

    async def misconduct(self, fingerprint: str) -> dict[str, str]:
        """The checks that went wrong too often with this version and configuration, and how they last did."""
        ...

    async def forgive(self, check: str) -> None:
        """Hold nothing against a check any more."""
        ...


async def account_for(
    freeze: Freeze | None,
    trace: str,
    *,
    journal: Book,
    fingerprint: str,
    checks: Sequence[str],
    clock: Clock,
    publish: Publish,
) -> tuple[str, ...]:
    """Tell of a freeze, if there was one; which of these checks are not to be asked. Called once, at start.

    A journal that cannot be used switches nothing off: a check too many is asked rather than one too few.
    """
    try:
        counted = await journal.freezes(fingerprint)
        if freeze is None:
            return switched_off(counted, checks)
        now, text = clock.now(), describe_freeze(freeze)
        publish(Happening(name="daemon.frozen", at=now, facts={"reason": text, "stack": trace}))
        before = switched_off(counted, checks)
        if freeze.probe is not None:
            counted[freeze.probe.check] = counted.get(freeze.probe.check, 0) + 1
        off = switched_off(counted, checks)
        told = tuple(_tell(check, freeze, now) for check in off if check not in before)
        await journal.save_freeze(freeze, fingerprint, text, told, now)
    except GatewayError as error:
        publish(Happening(name="journal.failed", at=clock.now(), facts={"reason": str(error)}))
        return ()
    return off


class Switch:
    """Which checks are switched off, and why."""

    def __init__(
        self,
        *,
        journal: Book,
        clock: Clock,
        publish: Publish,
        changed: Callable[[], None],
        told: Callable[[], None],
    ) -> None:
        """`changed`: others are to be asked from now on; `told`: there is something to hand over."""
        self._journal = journal
        self._clock = clock
        self._publish = publish
        self._changed = changed
        self._told = told
        self._fingerprint = ""
        self._froze: tuple[str, ...] = ()
        self._misbehaved: dict[str, str] = {}

    @property
    def froze(self) -> tuple[str, ...]:
        """Those that froze the daemon."""
        return self._froze

    @property
    def misbehaved(self) -> tuple[str, ...]:
        """Those that went wrong too often."""
        return tuple(check for check in self._misbehaved if check not in self._froze)

    @property
    def off(self) -> tuple[str, ...]:
        """All that are not asked."""
        return (*self.froze, *self.misbehaved)

    async def begin(self, freeze: Freeze | None, trace: str, fingerprint: str, checks: Sequence[str]) -> None:
        """At start: see `account_for`."""
        self._froze = await account_for(
            freeze,
            trace,
            journal=self._journal,
            fingerprint=fingerprint,
            checks=checks,
            clock=self._clock,
            publish=self._publish,
        )
        with suppress(GatewayError):
            await self._recall(fingerprint, checks)

    async def turn_over(self, fingerprint: str, checks: Sequence[str]) -> None:
        """Another configuration is in force: what was done under the one before is not held against anybody."""
        with suppress(GatewayError):
            self._froze = switched_off(await self._journal.freezes(fingerprint), checks)
            await self._recall(fingerprint, checks)

    async def failed(self, check: str, reason: str) -> None:
        """A check went wrong too often: it is not asked from now on, whether that can be written down or not."""
        if check in self._misbehaved:
            return
        self._misbehaved[check] = reason
        self._changed()
        now = self._clock.now()
        self._publish(Happening(name="check.switched_off", at=now, facts={"check": check, "reason": reason}))
        told = Notification(
            telling=Telling.SWITCHED_OFF,
            target=check,
            at=now,
            finding=Finding("misbehaved", {"times": ENOUGH, "reason": reason}),
            severity=Severity.HIGH,
        )
        try:
            await self._journal.save_misconduct(check, self._fingerprint, reason, told, now)
        except GatewayError as error:
            self._publish(Happening(name="journal.failed", at=now, facts={"reason": str(error)}))
        self._told()

    async def give_back(self, check: str) -> bool:
        """A person wants a check to be asked again; False when it is not switched off. Raises JournalError."""
        if check not in self.off:
            return False
        await self._journal.forgive(check)
        self._froze = tuple(each for each in self._froze if each != check)
        self._misbehaved.pop(check, None)
        self._changed()
        return True

    async def _recall(self, fingerprint: str, checks: Sequence[str]) -> None:
        self._fingerprint = fingerprint
        self._misbehaved = {}
        recalled = await self._journal.misconduct(fingerprint)
        self._misbehaved = {check: reason for check, reason in recalled.items() if check in checks}


def _tell(check: str, freeze: Freeze, now: Moment) -> Notification:
    facts = {"seconds": f"{freeze.seconds:g}", "place": freeze.places[0] if freeze.places else None}
    return Notification(
        telling=Telling.SWITCHED_OFF,
        target=check,
        at=now,
        finding=Finding("froze", facts),
        severity=Severity.HIGH,
    )
