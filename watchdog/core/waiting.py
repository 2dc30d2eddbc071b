"""Having to wait: an incident whose turn it is not, and what people are told of that."""

from __future__ import annotations

from dataclasses import replace

from watchdog.core.decision import Decision, Effect, Look, Tell
from watchdog.core.incident import Case, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Telling
from watchdog.core.tellings import is_told, tell_of

# Who waits for longer than that is told of, once for each reason: nobody should wonder why nothing happens. Seconds.
LONG_WAIT = 60.0
FOR_A_YES = "waiting for a human yes"
# Told by itself when it begins.
_TOLD_OTHERWISE = frozenset({"flapping", FOR_A_YES})


def wait(
    case: Case,
    incident: Incident,
    seconds: float,
    reason: str,
    now: Moment,
    *,
    slot: bool = False,
    found: bool = False,
) -> Decision:
    """Nothing is done for so long.

    `reason`: why, in its word; `slot`: it waits for a place among those that run; `found`: it is a cause that was found
    out, and is told however short the wait is.
    """
    waiting = replace(incident, phase=Phase.OPEN, well_since=None)
    effects: tuple[Effect, ...] = (Look(seconds, slot=slot),)
    if (found or seconds >= LONG_WAIT) and reason not in waiting.waited | _TOLD_OTHERWISE:
        waiting = replace(waiting, waited=waiting.waited | {reason})
        if is_told(waiting, Telling.WAITING):
            told = tell_of(Telling.WAITING, waiting, now, reason=reason, seconds=round(seconds))
            effects = (Tell(told), *effects)
    return Decision(replace(case, incident=waiting), effects, f"{reason}: {seconds:.1f} s to go")
