"""Plug-ins that do all that plug-ins must not do; which of it, their parameter says.

`LET_GO` ends what would otherwise hang for as long as the tests run; `HANGING` says that something does.
"""

from __future__ import annotations

import asyncio
import re
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from watchdog.core.errors import DeliveryError, Unreachable
from watchdog.core.observation import Finding, Observation, Status
from watchdog.core.run import Outcome, Result
from watchdog.plugins import Action, Check, Letter, Notifier, Parameters, Tools

LET_GO = threading.Event()
HANGING = threading.Event()
LONGEST = 20.0


def hang() -> None:
    """Block the thread, as time.sleep or a socket without a deadline does."""
    HANGING.set()
    LET_GO.wait(LONGEST)


class EvilParameters(Parameters):
    """What to do."""

    does: str = "well"


class Evil(Check[EvilParameters]):
    """Looks well, or does not."""

    kind: ClassVar[str] = "evil"
    parameters_type: ClassVar[type[Parameters]] = EvilParameters

    def __init__(self, name: str, parameters: EvilParameters) -> None:
        super().__init__(name, parameters)
        self.asked = 0
        self.threads: set[str] = set()
        if parameters.does == "is_not_made":
            raise KeyboardInterrupt

    def targets(self) -> tuple[str, ...] | None:
        """What it looks at."""
        match self.parameters.does:
            case "say_no_targets":
                raise ValueError("no idea")
            case "say_wrong_targets":
                return "app"  # type: ignore[return-value]
            case "look_at_the_shop":
                return ("shop",)
        return None

    async def probe(self, target: str, tools: Tools) -> Observation:  # noqa: C901, PLR0912, PLR0915 - a list of evils
        """Do it."""
        self.asked += 1
        self.threads.add(threading.current_thread().name)
        seen = Observation(
            check=self.name,
            target=target,
            status=Status.OK,
            finding=Finding("running"),
            at=tools.clock.now(),
        )
        answer: Any = seen
        match self.parameters.does:
            case "block":
                hang()
            case "spin":
                while not LET_GO.is_set():
                    pass
            case "hold_the_gil":
                re.match("(a+)+$", "a" * 60 + "b")
            case "never_end":
                await asyncio.Event().wait()
            case "cling":
                while not LET_GO.is_set():
                    try:
                        await asyncio.sleep(0.01)
                    except asyncio.CancelledError:
                        continue
            case "raise":
                raise ValueError("no idea")
            case "exit":
                sys.exit(7)
            case "interrupt":
                raise KeyboardInterrupt
            case "cannot_look":
                raise Unreachable("the shop is closed")
            case "leave_a_task":
                asyncio.get_running_loop().create_task(_exit())
                await asyncio.sleep(0)
            case "stop_the_loop":
                asyncio.get_running_loop().stop()
            case "nothing":
                answer = None
            case "wrong_type":
                answer = {"status": "ok"}
            case "other_target":
                answer = replace(seen, target="db")
            case "other_check":
                answer = replace(seen, check="containers")
            case "naive_time":
                answer = replace(seen, at=replace(seen.at, wall=datetime(2026, 1, 1)))  # noqa: DTZ001
            case "future":
                answer = replace(seen, at=replace(seen.at, boot=seen.at.boot + 1e6))
            case "much_evidence":
                answer = replace(seen, evidence=("x" * 1000,) * 100_000)
            case "long_fact":
                answer = replace(seen, finding=Finding("running", {"why": "x" * 10_000_000}))
            case "threads":
                for _ in range(40):
                    threading.Thread(target=hang, daemon=True).start()
            case "tools":
                sighting = await tools.containers.look(target)
                lines = await tools.engine.logs(sighting.facts.id if sighting.facts else "", 1)
                known = tools.containers.container_of(target) is not None
                finding = Finding("running", {"known": known})
                answer = replace(seen, finding=finding, evidence=lines)
        return answer  # type: ignore[no-any-return]


async def _exit() -> None:
    sys.exit(7)


class Half(Check[EvilParameters]):
    """Forgot to look."""

    kind: ClassVar[str] = "half"
    parameters_type: ClassVar[type[Parameters]] = EvilParameters


class Bystander:
    """No check at all."""


class DoEvil(Action[EvilParameters]):
    """Acts, or does not come back."""

    name: ClassVar[str] = "do_evil"
    parameters_type: ClassVar[type[Parameters]] = EvilParameters

    async def describe(self, target: str, tools: Tools) -> str:
        """What it would do."""
        return None if self.parameters.does == "nothing" else f"do evil to {target}"  # type: ignore[return-value]

    def suits(self, target: str, tools: Tools) -> bool:
        """Never to be asked: it blocks."""
        hang()
        return True

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it."""
        match self.parameters.does:
            case "block":
                hang()
            case "exit":
                sys.exit(7)
            case "nothing":
                return None  # type: ignore[return-value]
            case "start":
                tools.progress(target, "it is being started")
                await tools.engine.start(tools.containers.container_of(target) or "")
        return Outcome(result=Result.DONE)


class EvilNews(Notifier[EvilParameters]):
    """Tells, or does not come back."""

    kind: ClassVar[str] = "evil_news"
    parameters_type: ClassVar[type[Parameters]] = EvilParameters
    told: ClassVar[list[str]] = []

    async def prepare(self) -> None:
        """Keep a thread of a pool for ever."""
        if self.parameters.does == "keep_a_thread":
            print("kept", flush=True)
            await asyncio.to_thread(time.sleep, 600)

    async def deliver(self, letter: Letter) -> str:
        """Do it."""
        match self.parameters.does:
            case "block":
                hang()
            case "exit":
                sys.exit(7)
            case "lie":
                raise DeliveryError("later", retry_after="soon")  # type: ignore[arg-type]
            case "nothing":
                return None  # type: ignore[return-value]
        self.told.append(letter.news.target)
        return ""
