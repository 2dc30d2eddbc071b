"""The daemon with somebody's faults around it: none of this is in the product.

SIGUSR2 stops the loop for ever; with GIL set in the environment it is a regular expression that does so, and
no Python code runs at all any more. The check `heavy` freezes while the file named by FREEZES exists.
"""

import os
import re
import signal
import time
from pathlib import Path
from typing import ClassVar

from watchdog.core.observation import Finding, Observation, Status
from watchdog.plugins import Check, Parameters, Tools
from watchdog.registry import CHECKS


class Heavy(Check[Parameters]):
    """Somebody's check, which forgot that it shares the loop."""

    kind: ClassVar[str] = "heavy"
    parameters_type: ClassVar[type[Parameters]] = Parameters

    async def probe(self, target: str, tools: Tools) -> Observation:
        """Look."""
        if Path(os.environ["FREEZES"]).exists():  # noqa: ASYNC240 - this is the mistake
            time.sleep(999)  # noqa: ASYNC251 - the same
        return Observation(
            check=self.name, target=target, status=Status.OK, finding=Finding("running"), at=tools.clock.now()
        )


def freeze(*_: object) -> None:
    """Stand still."""
    if "GIL" in os.environ:
        re.match("(a+)+$", "a" * 60 + "b")
    time.sleep(999)


CHECKS["heavy"] = Heavy
signal.signal(signal.SIGUSR2, freeze)

if __name__ == "__main__":
    from watchdog.__main__ import main

    main()
