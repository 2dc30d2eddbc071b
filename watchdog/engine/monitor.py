"""Asks one check about one target: with a deadline. A crash of the check, or an answer that is none, is UNKNOWN."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from watchdog.core.answer import check_observation
from watchdog.core.errors import WatchdogError
from watchdog.core.happening import Happening, Publish
from watchdog.core.observation import Finding, Observation, Status
from watchdog.core.threshold import Streak, Threshold, believe
from watchdog.plugins import Check, Parameters, Tools

Spawn = Callable[[str, Coroutine[Any, Any, None]], None]
Watch = Callable[[str, str, Coroutine[Any, Any, Observation]], Awaitable[Observation]]


@dataclass(frozen=True, slots=True)
class Question:
    """A check, the seconds within which it has to answer, and how often it must say the same to be believed."""

    check: Check[Parameters]
    within: float
    threshold: Threshold = field(default_factory=Threshold)
    every: float = 0.0

    def targets(self, containers: tuple[str, ...]) -> tuple[str, ...]:
        """What it is asked about."""
        own = self.check.targets()
        return containers if own is None else own


class Monitor:
    """Looks when asked. Two askers at once share a look that begins after both asked."""

    def __init__(
        self,
        *,
        questions: Sequence[Question],
        tools: Tools,
        targets: Callable[[], tuple[str, ...]],
        receive: Callable[[Observation], Awaitable[None]],
        spawn: Spawn,
        watch: Watch | None = None,
        publish: Publish | None = None,
    ) -> None:
        """`watch` wraps each probe, to mark whose code runs on the loop; `publish` hears how each ended."""
        self._questions = tuple(questions)
        self._publish = publish
        self._tools = tools
        self._targets = targets
        self._receive = receive
        self._spawn = spawn
        self._watch = watch or _unwatched
        self._samples = itertools.count()
        self._streaks: dict[tuple[str, str], Streak] = {}
        self._looking: set[str] = set()
        self._again: set[str] = set()

    def targets(self) -> tuple[str, ...]:
        """The names of all watched targets: containers, and what checks bring of their own."""
        containers = self._targets()
        own = (name for question in self._questions for name in question.check.targets() or ())
        return tuple(dict.fromkeys((*containers, *own)))

    def own_targets(self) -> tuple[str, ...]:
        """Those that are no containers."""
        containers = set(self._targets())
        return tuple(name for name in self.targets() if name not in containers)

    def ask_check(self, name: str) -> None:
        """Have all targets of one check looked at that are no containers, without waiting for it."""
        for question in self._questions:
            if question.check.name == name:
                for target in question.check.targets() or ():
                    self.ask_soon(target)

    def checks(self) -> int:
        """How many checks are asked."""
        return len(self._questions)

    def replace(self, questions: Sequence[Question]) -> None:
        """Ask these from now on; a look that has begun ends as it began."""
        self._questions = tuple(questions)

    def ask_soon(self, target: str) -> None:
        """Have a target looked at, without waiting for it."""
        if target in self._looking:
            self._again.add(target)
            return
        self._looking.add(target)
        self._spawn(f"look at {target}", self._look_until_quiet(target))

    async def ask(self, target: str) -> tuple[Observation, ...]:
        """Look at a target now, with each of its checks, and have what is seen taken into account."""
        concerned = [each for each in self._questions if self._concerns(each, target)]
        seen = tuple([await self._probe(question, target) for question in concerned])
        for question, observation in zip(concerned, seen, strict=True):
            key = (question.check.name, target)
            streak = self._streaks.get(key, Streak())
            self._streaks[key], counted = believe(streak, observation, question.threshold)
            await self._receive(counted)
        return seen

    def _concerns(self, question: Question, target: str) -> bool:
        """Whether a question is about this target; what no check brings of its own is taken for a container."""
        own = question.check.targets()
        if own is not None:
            return target in own
        return not any(target in (each.check.targets() or ()) for each in self._questions)

    async def sample(self) -> Observation | None:
        """One look at one target with one check, another pair each time; None when there is none. Not handed on."""
        containers = self._targets()
        asked = [(each, target) for each in self._questions for target in each.targets(containers)]
        if not asked:
            return None
        return await self._probe(*asked[next(self._samples) % len(asked)])

    async def _look_until_quiet(self, target: str) -> None:
        try:
            while True:
                self._again.discard(target)
                if target in self.targets():
                    await self.ask(target)
                if target not in self._again:
                    return
        finally:
            self._looking.discard(target)
            self._again.discard(target)

    async def _probe(self, question: Question, target: str) -> Observation:
        begun = self._tools.clock.now()
        seen = await self._look(question, target)
        if self._publish is not None:
            now = self._tools.clock.now()
            facts = {
                "check": question.check.name,
                "status": seen.status.value,
                "seconds": round(now.seconds_since(begun), 6),
            }
            self._publish(Happening(name="probe.ended", at=now, target=target, facts=facts))
        return seen

    async def _look(self, question: Question, target: str) -> Observation:
        check = question.check
        try:
            async with asyncio.timeout(question.within):
                seen = await self._watch(check.name, target, check.probe(target, self._tools))
                return check_observation(seen, check.name, target, self._tools.clock.now())
        except TimeoutError:
            reason = f"no answer within {question.within:g} s"
        except WatchdogError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - a broken check must not take the daemon with it
            reason = f"the check itself failed: {type(error).__name__}: {error}"
        return Observation(
            check=check.name,
            target=target,
            status=Status.UNKNOWN,
            finding=Finding("could_not_look", {"reason": self._tools.redact(reason)}),
            at=self._tools.clock.now(),
            # Containers are seen through the engine: that one is missed once, not each of them.
            tell_after=None if check.targets() is None else 0.0,
        )


def _unwatched(_check: str, _target: str, work: Coroutine[Any, Any, Observation]) -> Awaitable[Observation]:
    return work
