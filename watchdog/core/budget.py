"""The budget of the whole stack: how much may be done within a window, and at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from watchdog.core.moment import Moment
from watchdog.core.verdict import Allow, Refuse, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLimits:
    """How much may be done to the stack. Seconds; every default is the promise.

    Attributes:
        actions: so many actions may begin ...
        window: ... within so long.
        at_once: so many may run at the same time.
        ask_again: nobody knows how long an action takes: who waits for one asks again after so long.
    """

    actions: int = 10
    window: float = 600.0
    at_once: int = 4
    ask_again: float = 2.0


@dataclass(frozen=True, slots=True)
class Budget:
    """When actions on the stack were begun, oldest first. Kept across restarts of the daemon."""

    begun: tuple[Moment, ...] = ()

    def spent(self, limits: BudgetLimits, now: Moment) -> Budget:
        """The same with one action more, counted before it is begun, and without what counts no more."""
        kept = (at for at in self.begun if now.seconds_since(at) < limits.window)
        return Budget((*kept, now))


def judge_budget(
    recent: Sequence[Moment],
    running: Sequence[AbstractSet[str]],
    target: str,
    limits: BudgetLimits,
    now: Moment,
    *,
    planned: bool = False,
) -> Verdict:
    """May one more action be begun, on this target?

    `recent`: when actions that were not planned were begun. `running`: what each that runs keeps busy.
    `planned`: work that a person or the schedule asked for, and the starts of a storm: it counts against those
    that run at once only. Every refusal has a wait: a budget is no reason to give a target up.
    """
    if any(target in busy for busy in running):
        return Refuse("target-busy", wait=limits.ask_again)
    if len(running) >= limits.at_once:
        return Refuse("too-many-at-once", wait=limits.ask_again)
    wait = 0.0 if planned else room_after(recent, limits.actions, limits.window, now)
    return Refuse("budget-spent", wait=wait) if wait > 0 else Allow()


def room_after(moments: Iterable[Moment], most: int, window: float, now: Moment) -> float:
    """Seconds until fewer than `most` of these moments lie within the window; 0 when that is so now.

    Across a reboot the seconds since that boot stand for the true span, so nothing expires early.
    """
    if most < 1:
        return window
    youngest = sorted(now.seconds_since(at) for at in moments)[:most]
    return max(0.0, window - youngest[-1]) if len(youngest) == most else 0.0
