"""Well, sick, well, sick: a target that alternates is one trouble, and is touched less often.

What counts is the turn from well to sick. Four within ten minutes are flapping: two may be one deploy, three a
slow start; and the ledger gives a target up after five attempts, which must not come first. It is over when no
turn was seen for ten minutes: as long as the ledger needs to forget, so that neither rule is a way around the
other.

A container that ends right after each start does not flap: that is a failed attempt, and the ledger's. Only
health that lasted, or that was lost while the container was up, was health.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from watchdog.core.budget import room_after
from watchdog.core.moment import Moment
from watchdog.core.verdict import Allow, Refuse, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FlapLimits:
    """When a target flaps, and how much it may be touched then. Seconds; every default is the promise.

    Attributes:
        turns: so many turns from well to sick ...
        window: ... within so long are flapping.
        steady: without any turn for so long it is over.
        lasted: a container that goes down counts as having been well only if that lasted so long.
        actions: so many actions may begin while it flaps ...
        actions_window: ... within so long.
    """

    turns: int = 4
    window: float = 600.0
    steady: float = 600.0
    lasted: float = 10.0
    actions: int = 3
    actions_window: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaps:
    """How one target alternates. Kept across incidents and restarts of the daemon.

    Attributes:
        well: as last seen, None before the first look.
        turned: when it turned so.
        fell: the latest turns from well to sick that count, oldest first; no more than matter.
        since: since when it flaps, None while it does not.
    """

    target: str
    well: bool | None = None
    turned: Moment | None = None
    fell: tuple[Moment, ...] = ()
    since: Moment | None = None

    def seen(self, limits: FlapLimits, now: Moment, *, well: bool, up: bool) -> Flaps:
        """The same after one more look that was settled, and judged.

        `up`: the container runs, so if it is sick it fell sick by itself. Looks that are UNKNOWN or not settled,
        and those that show a person's hand, are not for here.
        """
        if well == self.well:
            return judge_flapping(self, limits, now)
        counts = self.well is True and (up or self._lasted(limits, now))
        fell = (*self.fell, now)[-limits.turns :] if counts else self.fell
        return judge_flapping(replace(self, well=well, turned=now, fell=fell), limits, now)

    def _lasted(self, limits: FlapLimits, now: Moment) -> bool:
        return self.turned is not None and now.seconds_since(self.turned) >= limits.lasted


def judge_flapping(flaps: Flaps, limits: FlapLimits, now: Moment) -> Flaps:
    """The same with `since` set when it begins to flap, and cleared when that is over."""
    quiet = now.seconds_since(flaps.turned) if flaps.turned is not None else 0.0
    if flaps.since is not None:
        return replace(flaps, since=None, fell=()) if quiet >= limits.steady else flaps
    recent = [at for at in flaps.fell if now.seconds_since(at) < limits.window]
    return replace(flaps, since=now) if len(recent) >= limits.turns else flaps


def judge_flap_action(flaps: Flaps, acted: Iterable[Moment], limits: FlapLimits, now: Moment) -> Verdict:
    """May a target be touched, as far as its flapping goes? `acted`: when actions on it were begun."""
    if flaps.since is None:
        return Allow()
    wait = room_after(acted, limits.actions, limits.actions_window, now)
    return Refuse("flapping", wait=wait) if wait > 0 else Allow()
