"""The daemon with faults that know secrets: none of this is in the product.

The check `leaky` and the notifier `broken` fail with a secret in their errors; SIGUSR1 has a thread, a task and
a destructor fail with one, and SIGUSR2 the main thread itself, which nothing catches.
"""

import asyncio
import logging
import os
import signal
import threading
import warnings
from typing import ClassVar

from watchdog.core.observation import Observation
from watchdog.plugins import Check, Letter, Notifier, Parameters, Tools
from watchdog.registry import CHECKS, NOTIFIERS

SECRETS = tuple(os.environ["CANARIES_FOR_FAULTS"].split())
_tasks: list[asyncio.Task[None]] = []


def fail(where: str) -> None:
    """Raise, from another error, with secrets in both."""
    try:
        int(f"{where}: login as admin with {SECRETS[0]}")
    except ValueError as error:
        raise RuntimeError(f"{where}: https://admin:{SECRETS[1]}@db/?key={SECRETS[2]}") from error


class Leaky(Check[Parameters]):
    """Somebody's check."""

    kind: ClassVar[str] = "leaky"
    parameters_type: ClassVar[type[Parameters]] = Parameters

    async def probe(self, target: str, tools: Tools) -> Observation:
        """Fail."""
        try:
            fail("check")
        except RuntimeError:
            logging.getLogger("somebodys.library").exception("cannot use %s", SECRETS[0])
            raise
        raise AssertionError


class Broken(Notifier[Parameters]):
    """Somebody's notifier."""

    kind: ClassVar[str] = "broken"
    parameters_type: ClassVar[type[Parameters]] = Parameters

    async def deliver(self, letter: Letter) -> str:
        """Fail."""
        fail("notifier")
        return ""


class Doomed:
    """Fails when it is taken away."""

    def __del__(self) -> None:
        fail("destructor")


async def fail_later() -> None:
    """A task that nobody waits for."""
    fail("task")


def fail_beside(*_: object) -> None:
    """Everything that can fail beside the main thread."""
    threading.Thread(target=fail, args=("thread",)).start()
    warnings.warn(f"deprecated: {SECRETS[0]}", stacklevel=1)
    Doomed()
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: _tasks.append(loop.create_task(fail_later())))
    # Who lets go of a failed task has it told.
    loop.call_later(1, _tasks.clear)
    loop.call_soon(fail, "callback")


CHECKS["leaky"] = Leaky
NOTIFIERS["broken"] = Broken

if __name__ == "__main__":
    from watchdog.__main__ import main

    signal.signal(signal.SIGUSR1, fail_beside)
    signal.signal(signal.SIGUSR2, lambda *_: fail("main"))
    main()
