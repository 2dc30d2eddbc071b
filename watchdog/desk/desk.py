"""The desk itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from watchdog import __version__, registry
from watchdog.config import Config, CurrentConfig
from watchdog.core.decision import Order
from watchdog.core.errors import NotThere
from watchdog.core.playbook import Step
from watchdog.desk.plans import make_plan
from watchdog.desk.proposals import Proposals
from watchdog.desk.shapes import (
    shape_config,
    shape_incident,
    shape_moment,
    shape_observation,
    shape_proposal,
    shape_reloaded,
    shape_story,
    shape_target,
)
from watchdog.desk.unknown import UnknownName
from watchdog.desk.wants import Described, Journal, Listener, Monitor, Reloader, Responder, Switch
from watchdog.desk.windows import WindowDesk, Windows
from watchdog.plugins import Tools
from watchdog.wording import ENGLISH, Catalogue, describe_saying, plain

Json = dict[str, Any]

# Nobody reads more at once, and an answer stays small.
MOST_INCIDENTS = 1000


class Desk:
    """Every question and order of people. Answers are JSON-ready; their shapes are promised in `shapes.py`.

    Questions change nothing. Orders are noted in the journal with who gave them, before they are passed on.
    A name that nobody knows raises `UnknownName`, which names the known ones.
    """

    def __init__(
        self,
        *,
        responder: Responder,
        monitor: Monitor,
        journal: Journal,
        engine: Listener,
        current: CurrentConfig,
        reloader: Reloader,
        health: Callable[[], Awaitable[Json]],
        degraded: Callable[[], tuple[str, ...]],
        tools: Tools,
        proposals: Proposals,
        windows: Windows,
        build_action: Callable[[Step], Described] = registry.build_action,
        switch: Switch | None = None,
        words: Catalogue = ENGLISH,
    ) -> None:
        self._responder = responder
        self._monitor = monitor
        self._journal = journal
        self._engine = engine
        self._current = current
        self._reloader = reloader
        self._health = health
        self._degraded = degraded
        self._tools = tools
        self._proposals = proposals
        self._build_action = build_action
        self._switch = switch
        self._words = words
        self._started = tools.clock.now()
        # Maintenance and silences: their own questions and orders.
        self.windows = WindowDesk(
            windows, tools.clock, names=self._names, recurring=lambda: self._config.maintenance
        )

    # --- questions ---

    def status(self, target: str | None = None) -> Json:
        """Is everything well, and how does each target stand.

        {at, well, daemon, engine, config, degraded, maintenance, silences, targets}.

        `well` is False while the engine is lost, as long as nothing is watched (silence is no proof of health)
        and while the configuration files are broken and the last good ones stand in. `engine` is {connected,
        lost_because}; `degraded` says in sentences what of watchdog itself does not work as it should.
        """
        now = self._tools.clock.now()
        names = self._names() if target is None else (self._known(target),)
        targets = [self._standing(name) for name in names]
        return {
            "at": shape_moment(now),
            "well": self._engine.connected
            and self._reloader.broken is None
            and bool(targets)
            and all(each["well"] for each in targets),
            "daemon": {
                "version": __version__,
                "pid": os.getpid(),
                "started": shape_moment(self._started),
                "seconds": round(now.seconds_since(self._started), 3),
            },
            "engine": {
                "connected": self._engine.connected,
                "lost_because": describe_saying(self._engine.lost_because, self._words),
            },
            "config": shape_config(self._reloader),
            "degraded": [plain(sentence) for sentence in self._degraded()],
            **self.windows.standing(target),
            "targets": targets,
        }

    async def health(self) -> Json:
        """How watchdog itself is: {status: ok|degraded|failing, reasons}, words from closed lists."""
        return await self._health()

    async def probe(self, target: str | None = None) -> Json:
        """Look now, at one target or all: {at, well, observations}."""
        names = self._names() if target is None else (self._known(target),)
        answers = await asyncio.gather(*(self._monitor.ask(name) for name in names))
        seen = [observation for answer in answers for observation in answer]
        return {
            "at": shape_moment(self._tools.clock.now()),
            "well": bool(seen) and all(observation.well for observation in seen),
            "observations": [shape_observation(observation, self._words) for observation in seen],
        }

    async def incidents(self, limit: int = 20, target: str | None = None) -> Json:
        """The newest incidents first: {at, incidents}."""
        now = self._tools.clock.now()
        wanted = max(1, min(limit, MOST_INCIDENTS))
        found = await self._journal.incidents(wanted, target)
        if not found and target is not None:
            # A target that is gone has a past all the same; one that never was is a typing mistake.
            self._known(target)
        return {
            "at": shape_moment(now),
            "incidents": [shape_incident(incident, now, self._words) for incident in found],
        }

    async def story(self, incident_id: str) -> Json:
        """Everything written down of one incident: {at, incident, timeline}."""
        now = self._tools.clock.now()
        try:
            story = await self._journal.story(incident_id)
        except NotThere:
            recent = await self._journal.incidents(20, None)
            raise UnknownName("incident", incident_id, (i.id for i in recent)) from None
        return {"at": shape_moment(now), **shape_story(story, now, self._words)}

    async def plan(self, playbook: str, target: str) -> Json:
        """What a playbook would do to a target now; see `make_plan`. Changes nothing."""
        found = self._config.playbooks.get(playbook)
        if found is None:
            raise UnknownName("playbook", playbook, self._config.playbooks)
        name = self._known(target)
        return await make_plan(
            found, name, found.limits or self._config.limits, self._build_action, self._tools
        )

    async def proposals(self, *, every: bool = False) -> Json:
        """What waits for a human yes, newest first; with `every` also what is over: {at, proposals}."""
        now = self._tools.clock.now()
        found = await self._proposals.list(every=every)
        return {
            "at": shape_moment(now),
            "proposals": [shape_proposal(each, now, self._words) for each in found],
        }

    # --- orders ---

    async def approve(self, proposal: str, by: str, *, dry_run: bool = False) -> Json:
        """Say yes to a proposal, which is then done if its target is still sick.

        With `dry_run` nothing changes: {dry_run, proposal, differs}; `differs` says what is not as it was shown.
        Otherwise {answer, proposal, by, follows, status}. Refused when it is not exactly what was shown.
        """
        if dry_run:
            found, differs = await self._proposals.look(proposal)
            now = self._tools.clock.now()
            return {
                "dry_run": True,
                "proposal": shape_proposal(found, now, self._words),
                "differs": describe_saying(differs, self._words),
            }
        return await self._answer("approve", proposal, by)

    async def decline(self, proposal: str, by: str) -> Json:
        """Say no to a proposal: {answer, proposal, by, follows, status}."""
        return await self._answer("decline", proposal, by)

    async def _answer(self, answer: str, proposal: str, by: str) -> Json:
        by, now = plain(by), self._tools.clock.now()
        await self._journal.note("order", f"{answer} of proposal {plain(proposal)} ordered by {by}", now=now)
        give = self._proposals.approve if answer == "approve" else self._proposals.decline
        found, follows = await give(proposal, by)
        return {
            "answer": answer,
            "proposal": shape_proposal(found, self._tools.clock.now(), self._words),
            "by": by,
            "follows": describe_saying(follows, self._words),
            "status": self._standing(found.target),
        }

    async def heal(self, target: str, by: str, *, dry_run: bool = False) -> Json:
        """Heal a target now: attempts are forgotten, it is looked at, and acted upon if it is sick.

        With `dry_run` nothing changes: {dry_run, target, plan, status}. Otherwise the answer of an order.
        """
        name = self._known(target)
        if dry_run:
            plan = await self.plan(self._playbook_of(name), name)
            return {"dry_run": True, "target": name, "plan": plan, "status": self._standing(name)}
        return await self._order(Order.HEAL, name, by)

    async def hold(self, target: str, by: str) -> Json:
        """Keep hands off a target until it is released."""
        return await self._order(Order.HOLD, target, by)

    async def release(self, target: str, by: str) -> Json:
        """Give a held target back; one that is still down is brought back."""
        return await self._order(Order.RELEASE, target, by)

    async def retry(self, target: str, by: str) -> Json:
        """Forget the attempts against a target and begin anew; or have a check asked again that is switched off.

        Of a check: the same answer, `status` being None.
        """
        if self._switch is None or target not in self._switch.off:
            return await self._order(Order.RETRY, target, by)
        by, now = plain(by), self._tools.clock.now()
        await self._journal.note("order", f"retry of the check {plain(target)} ordered by {by}", now=now)
        await self._switch.give_back(target)
        if target in self._names():
            return await self._order(Order.RETRY, target, by)
        follows = describe_saying("it is asked again", self._words)
        return {"order": Order.RETRY.value, "target": target, "by": by, "answer": follows, "status": None}

    async def reload(self, by: str) -> Json:
        """Load the configuration again, or say all that is wrong with it and keep the old one.

        {ok, at, by, changes: [{key, before, after, needs_restart}], needs_restart: [key], problems, unasked}
        """
        return shape_reloaded(await self._reloader.reload(plain(by)))

    async def _order(self, order: Order, target: str, by: str) -> Json:
        """Pass it on: {order, target, by, answer, status}, `answer` being what follows from it."""
        name = self._known(target)
        by = plain(by)
        now = self._tools.clock.now()
        await self._journal.note("order", f"{order.value} ordered by {by}", now=now, target=name)
        if self._responder.case(name) is None:
            await self._monitor.ask(name)  # nothing is remembered of it yet: it is looked at first
        answer = await self._responder.order(name, order, by)
        if order is not Order.HOLD:
            await self._monitor.ask(name)
            if self._responder.reason(name) == answer:
                # Another look, begun by the order itself, overtook ours and is being decided upon: one more waits
                # for that. Neither is cut short here (each check has its deadline): a decision is not left halfway.
                await self._monitor.ask(name)
        status = self._standing(name)
        follows = describe_saying(answer, self._words)
        return {"order": order.value, "target": name, "by": by, "answer": follows, "status": status}

    # --- names ---

    @property
    def _config(self) -> Config:
        return self._current.config

    def _names(self) -> tuple[str, ...]:
        # What is not watched any more is only shown as long as something of it is open.
        open_cases = (case.target for case in self._responder.cases() if case.incident or case.hold)
        known = {*self._monitor.targets(), *open_cases}
        return tuple(sorted(known))

    def _known(self, target: str) -> str:
        names = self._names()
        if target not in names:
            raise UnknownName("target", target, names)
        return target

    def _playbook_of(self, target: str) -> str:
        wanted = self._config.target(target).playbook
        if wanted is not None:
            return wanted
        case = self._responder.case(target)
        mine = next((each for each in self._config.checks if case and each.name == case.check), None)
        return (mine or self._config.checks[0]).playbook

    def _standing(self, target: str) -> Json:
        responder = self._responder
        return shape_target(
            target,
            responder.case(target),
            responder.latest(target),
            responder.reason(target),
            self._tools.clock.now(),
            words=self._words,
            **self.windows.of_target(target),
        )
