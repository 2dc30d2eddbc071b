"""Keeps watch over many targets at once: when a storm begins and ends, in one incident and one message.

It writes as a part of the responder, which calls it after each look; what is done about each target is decided
with the target's own case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from watchdog.core.errors import GatewayError
from watchdog.core.guardrail import Ledger
from watchdog.core.happening import Happening, Publish
from watchdog.core.incident import Case, Ending, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling, rank
from watchdog.core.observation import Fact, Finding
from watchdog.core.storm import Common, Move, Storm, StormLimits, judge_storm
from watchdog.core.suppression import STACK
from watchdog.plugins import Clock

# The name of its check, beside those that are configured.
STORM = "storm"
# After a restart of the daemon nothing has been looked at yet: a storm is not over before this. Seconds.
LOOKED_AGAIN = 30.0
# The last ones often follow within seconds: they get so long before they are told as troubles of their own.
LAST_ONES = 10.0
LOOK_EVERY = 5.0
# So many names are told.
NAMED = 8


class Sky(Protocol):
    """The stack, as far as storms go."""

    storm: Storm | None
    storm_incident: str

    def sick(self) -> Mapping[str, Moment]:
        """The targets that are in trouble by themselves, and since when."""
        ...

    def watched(self) -> int:
        """How many targets there are."""
        ...

    def cause(self) -> tuple[Common, str, bool] | None:
        """What the sick have in common: kind, name, and whether the well ones do not have it."""
        ...

    def plan(self) -> Mapping[str, Move]:
        """What is done about each target."""
        ...


class Book(Protocol):
    """The journal, as the weather needs it."""

    async def save(
        self, case: Case, notifications: tuple[Notification, ...], reason: str, now: Moment
    ) -> None:
        """Keep one decision, in one transaction."""
        ...


class Weather:
    """One storm at a time. Raises JournalError from `look` when it could not be written down; then nothing changed."""

    def __init__(
        self,
        *,
        journal: Book,
        clock: Clock,
        sky: Sky,
        limits: Callable[[], StormLimits],
        severity: Callable[[str], Severity],
        number: Callable[[], str],
        ask: Callable[[str], None],
        told: Callable[[], None],
        publish: Publish,
    ) -> None:
        self.check = STORM
        self._journal = journal
        self._clock = clock
        self._sky = sky
        self._limits = limits
        self._severity = severity
        self._number = number
        self._ask = ask
        self._told = told
        self._publish = publish
        self._incident: Incident | None = None
        self._not_over_before: Moment | None = None
        self._writing = False
        self._calm_since: Moment | None = None

    def remember(self, incident: Incident) -> None:
        """Go on with the storm of an earlier daemon."""
        names = str(incident.finding.facts.get("targets", ""))
        self._incident = incident
        self._sky.storm = Storm(begun=incident.opened, targets=frozenset(names.split(",")))
        self._sky.storm_incident = incident.id
        self._not_over_before = self._clock.now()

    async def run(self) -> None:
        """Look for ever: that a storm is over may be told by nothing but the time that passed."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            with suppress(GatewayError):  # the journal cannot be written: it is tried again
                await self.look()

    async def look(self) -> None:
        """Has a storm begun, or ended?"""
        sky = self._sky
        if self._writing or (sky.storm is None and len(sky.sick()) < self._limits().fewest):
            return
        now = self._clock.now()
        storm = judge_storm(sky.sick(), sky.watched(), sky.storm, self._limits(), now)
        self._writing = True
        try:
            if storm is not None and sky.storm is None:
                await self._begin(storm, now)
            elif storm is not None:
                sky.storm, self._calm_since = storm, None
            elif sky.storm is not None and self._is_over(now):
                await self._end(sky.storm, now)
        finally:
            self._writing = False

    def _is_over(self, now: Moment) -> bool:
        """Whether what is left of it may be told as troubles of their own, if anything is."""
        if not self._looked_again(now) or self._at_work():
            return False
        self._calm_since = self._calm_since or now
        # Who waits for the storm to end is looked at again soon; who waits for a human is told of already.
        return not self._sky.plan() or now.seconds_since(self._calm_since) >= LAST_ONES

    def _looked_again(self, now: Moment) -> bool:
        since = self._not_over_before
        return since is None or now.seconds_since(since) >= LOOKED_AGAIN

    def _at_work(self) -> bool:
        """Whether its plan is not done: what waits for its turn is not told as a trouble of its own."""
        return any(move is not Move.ASK for move in self._sky.plan().values())

    async def _begin(self, storm: Storm, now: Moment) -> None:
        sky = self._sky
        number = self._number()
        sky.storm, sky.storm_incident = storm, number
        moves = list(sky.plan().values())
        facts: dict[str, Fact] = {
            "sick": len(sky.sick()),
            "watched": sky.watched(),
            "names": _named(storm.targets),
            "targets": ",".join(sorted(storm.targets)),
            "starts": sum(move in (Move.START, Move.WAIT, Move.WAIT_FOR) for move in moves),
            "asks": moves.count(Move.ASK),
        }
        cause = sky.cause()
        if cause is not None:
            kind, name, strong = cause
            facts |= {"shared": kind.value, "shared_name": name, "strong": strong}
        incident = Incident(
            id=number,
            check=STORM,
            target=STACK,
            playbook=STORM,
            severity=max((self._severity(name) for name in storm.targets), key=rank),
            opened=now,
            finding=Finding(STORM, facts),
            phase=Phase.ESCALATED,
            reason=STORM,
            called=now,
        )
        try:
            await self._save(incident, Telling.STORM, facts, now, "many targets turned sick at once")
        except BaseException:
            sky.storm, sky.storm_incident = None, ""
            raise
        self._incident = incident
        self._say("incident.opened", incident)
        self._ask_all(storm)

    async def _end(self, storm: Storm, now: Moment) -> None:
        sky, incident = self._sky, self._incident
        if incident is None:
            sky.storm, sky.storm_incident = None, ""
            return
        caught = storm.targets | sky.sick().keys()
        still = sorted(sky.sick().keys())
        facts: dict[str, Fact] = {
            "seconds": round(now.seconds_since(incident.opened), 1),
            "caught": len(caught),
            "well": len(caught) - len(still),
        }
        if still:
            facts["still"] = _named(still)
        over = replace(incident, phase=Phase.RESOLVED, resolved=now, ending=Ending.RECOVERED)
        await self._save(over, Telling.STORM_OVER, facts, now, "the storm is over")
        sky.storm, sky.storm_incident, self._incident = None, "", None
        self._not_over_before = self._calm_since = None
        self._say("incident.resolved", over)
        self._ask_all(storm)

    async def _save(
        self, incident: Incident, telling: Telling, facts: Mapping[str, Fact], now: Moment, reason: str
    ) -> None:
        told = Notification(
            telling=telling,
            target=STACK,
            at=now,
            finding=incident.finding,
            severity=incident.severity,
            incident=incident.id,
            facts={name: fact for name, fact in facts.items() if name != "targets"},
        )
        case = Case(check=STORM, target=STACK, ledger=Ledger(target=STACK), incident=incident)
        await self._journal.save(case, (told,), reason, now)
        self._told()

    def _ask_all(self, storm: Storm) -> None:
        for target in storm.targets:
            self._ask(target)

    def _say(self, name: str, incident: Incident) -> None:
        facts: dict[str, Fact] = {"finding": STORM, "playbook": STORM, "attempts": 0}
        if incident.ending is not None:
            facts |= {
                "ending": incident.ending.value,
                "seconds": self._clock.now().seconds_since(incident.opened),
            }
        self._publish(
            Happening(name=name, at=self._clock.now(), target=STACK, incident=incident.id, facts=facts)
        )


def _named(targets: frozenset[str] | list[str]) -> str:
    shown = sorted(targets)
    more = f" +{len(shown) - NAMED}" if len(shown) > NAMED else ""
    return ", ".join(shown[:NAMED]) + more
