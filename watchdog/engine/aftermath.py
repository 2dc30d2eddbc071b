"""What follows from how the daemon before this one ended, if it froze: told, written down, and held against a check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

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


def _tell(check: str, freeze: Freeze, now: Moment) -> Notification:
    facts = {"seconds": f"{freeze.seconds:g}", "place": freeze.places[0] if freeze.places else None}
    return Notification(
        telling=Telling.SWITCHED_OFF,
        target=check,
        at=now,
        finding=Finding("froze", facts),
        severity=Severity.HIGH,
    )
