"""Tells the outside that watchdog lives, and only when it does: each beat drives one real round.

The round lists the engine, looks at one target, has the responder take in what is seen, writes to the
journal, and has each of the dispatcher's loops come round. What does not make it in time is named. A beat
that cannot be delivered delays nothing; the next one is tried all the same.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from watchdog.core.errors import GatewayError, Refused
from watchdog.core.happening import Happening, Publish
from watchdog.core.moment import Moment
from watchdog.core.observation import Observation
from watchdog.core.ping import make_request, objection
from watchdog.core.progress import Beat, Complaint, Pace, Part, Ping, Round, judge
from watchdog.plugins import Clock
from watchdog.wording import ENGLISH, Catalogue, describe_beat, describe_degradation

# Seconds between two tries to list a lost engine within one beat.
AGAIN = 1.0

Work = Callable[[], Coroutine[Any, Any, None]]


class Caller(Protocol):
    """What reaches the outside."""

    async def send(self, method: str, url: str, body: bytes, within: float) -> str:
        """The answer. Raises `Unreachable`, or `Refused` for an answer that is no success."""
        ...


class Looker(Protocol):
    """The monitor, as a beat needs it."""

    async def sample(self) -> Observation | None:
        """One look at one target with one check, another one each time; None when there is nothing to look at."""
        ...

    def checks(self) -> int:
        """How many checks are asked at all."""
        ...


class Engine(Protocol):
    """The listener, as a beat needs it."""

    connected: bool
    lost_because: str

    async def sweep(self) -> None:
        """List everything."""
        ...


class Book(Protocol):
    """The journal, as a beat needs it."""

    async def beat(self, now: Moment) -> None:
        """Write that we live."""
        ...


class Loops(Protocol):
    """The dispatcher, as a beat needs it."""

    def names(self) -> tuple[str, ...]:
        """Each loop has one."""
        ...

    async def acknowledge(self, name: str) -> None:
        """Return once this loop has come round."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that a round goes through."""

    monitor: Looker
    receive: Callable[[Observation], Awaitable[None]]
    engine: Engine
    journal: Book
    dispatcher: Loops


class Heartbeat:
    """One task for the life of the daemon; without a URL it does nothing."""

    def __init__(
        self,
        *,
        url: str,
        pace: Pace,
        parts: Parts,
        caller: Caller,
        clock: Clock,
        redact: Callable[[str], str],
        publish: Publish,
        words: Catalogue = ENGLISH,
    ) -> None:
        self._url = url
        self._pace = pace
        self._parts = parts
        self._caller = caller
        self._clock = clock
        self._redact = redact
        self._publish = publish
        self._words = words
        self._found = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._reached: dict[Part, Moment] = {}
        self._said_no: dict[Part, str] = {}
        self._complaints: tuple[Complaint, ...] = ()
        self._delivered = True

    def follow(self, happening: Happening) -> None:
        """Hear of the engine being found: the first beat waits for that, up to a deadline."""
        if happening.name == "engine.found":
            self._found.set()

    def degraded(self) -> tuple[str, ...]:
        """What the latest beat found, in sentences without any text from outside."""
        found = [describe_degradation(each.about, self._words) for each in self._complaints]
        return (*found, *(() if self._delivered else (describe_degradation("heartbeat", self._words),)))

    async def run(self) -> None:
        """Beat for ever."""
        if not self._url:
            return
        loop = asyncio.get_running_loop()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.within):
                await self._found.wait()
        try:
            while True:
                begun = loop.time()
                await self.beat()
                await asyncio.sleep(max(0.0, begun + self._pace.every - loop.time()))
        finally:
            for task in self._running.values():
                task.cancel()

    async def beat(self) -> Beat:
        """Go round once, and tell what came of it."""
        rid = str(uuid.uuid4())
        begun = self._clock.now()
        start = asyncio.create_task(self._tell_start(rid))
        try:
            beat = judge(await self._go_round(begun), self._pace)
            await start  # it has a deadline of its own; what comes first must arrive first
        finally:
            start.cancel()
        self._complaints = beat.complaints
        seconds = self._clock.now().seconds_since(begun)
        told = describe_beat(beat.complaints, self._words) if beat.complaints else ()
        lines = [self._redact(line) for line in told]
        reason = await self._tell(beat.ping, rid, lines, seconds)
        self._delivered = not reason
        if reason:
            self._say("heartbeat.failed", ping=beat.ping.value, reason=self._redact(reason))
        else:
            self._say("heartbeat.sent", ping=beat.ping.value, seconds=round(seconds, 3))
        return beat

    async def _go_round(self, begun: Moment) -> Round:
        """Drive every part at once. What is late is left running: a decision is never cut in its middle."""
        parts = self._parts
        self._collect()
        self._reached.clear()
        self._said_no.clear()
        works: dict[str, Work] = {"look": self._look, "list": self._list, "journal": self._write}
        for name in parts.dispatcher.names():
            works[f"dispatcher {name}"] = partial(parts.dispatcher.acknowledge, name)
        for name, work in works.items():
            self._begin(name, work())
        await self._wait(self._pace.within)
        troubles = self._collect()
        now = self._clock.now()
        waiting = tuple(name for name in parts.dispatcher.names() if f"dispatcher {name}" in self._running)
        if not waiting:
            self._reached[Part.DISPATCHER] = now
        engine = "" if parts.engine.connected else parts.engine.lost_because
        if not engine and "list" in self._running:
            engine = f"no list within {self._pace.within:g} s"
        return Round(
            begun=begun,
            reached=dict(self._reached),
            said_no={**self._said_no, **troubles},
            late=waiting,
            engine=engine,
            checks=parts.monitor.checks(),
        )

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Begin it, unless what was begun in an earlier round is not over yet."""
        if name in self._running:
            work.close()
        else:
            self._running[name] = asyncio.create_task(work, name=f"heartbeat: {name}")

    async def _wait(self, seconds: float) -> None:
        """Until all that runs is over, also what it begins, but no longer."""
        deadline = asyncio.get_running_loop().time() + seconds
        while waiting := [task for task in self._running.values() if not task.done()]:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return
            await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)

    def _collect(self) -> dict[Part, str]:
        """Forget the tasks that are done; what went wrong in them, although nothing should, by part."""
        done = {name: task for name, task in self._running.items() if task.done()}
        owners = {
            "look": Part.MONITOR,
            "list": Part.MONITOR,
            "decide": Part.RESPONDER,
            "journal": Part.JOURNAL,
        }
        troubles = {}
        for name, task in done.items():
            del self._running[name]
            error = None if task.cancelled() else task.exception()
            if error is not None:
                troubles[owners.get(name, Part.DISPATCHER)] = f"{type(error).__name__}: {error}"
        return troubles

    async def _list(self) -> None:
        """Until the engine has answered: one that is just being restarted is no news for anybody outside."""
        while True:
            await self._parts.engine.sweep()
            if self._parts.engine.connected:
                return
            await asyncio.sleep(AGAIN)

    async def _look(self) -> None:
        seen = await self._parts.monitor.sample()
        self._reached[Part.MONITOR] = self._clock.now()
        # Not awaited here: a decision that hangs is not the monitor's fault.
        self._begin("decide", self._decide(seen))

    async def _decide(self, seen: Observation | None) -> None:
        if seen is not None:
            await self._parts.receive(seen)
        self._reached[Part.RESPONDER] = self._clock.now()

    async def _write(self) -> None:
        try:
            await self._parts.journal.beat(self._clock.now())
        except GatewayError as error:
            self._said_no[Part.JOURNAL] = str(error)
        else:
            self._reached[Part.JOURNAL] = self._clock.now()

    async def _tell_start(self, rid: str) -> None:
        if self._pace.tells_starts:
            # One that is lost loses nothing but a duration; the end of the beat says whether we are heard.
            await self._tell(Ping.START, rid)

    async def _tell(self, ping: Ping, rid: str, lines: Sequence[str] = (), seconds: float = 0.0) -> str:
        """Say it; the reason why that failed, "" if it did not."""
        request = make_request(self._url, ping, rid, lines, seconds)
        if request is None:
            return ""
        try:
            answer = await self._caller.send(request.method, request.url, request.body, self._pace.within)
            refusal = objection(answer)
            if refusal:
                raise Refused(f"it answered: {refusal}")
        except GatewayError as error:
            return str(error)
        return ""

    def _say(self, name: str, **facts: str | float) -> None:
        self._publish(Happening(name=name, at=self._clock.now(), facts=facts))
