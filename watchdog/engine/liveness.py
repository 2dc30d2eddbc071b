"""Ends the process when its loop stands still: nobody else can, and a restart helps.

`faulthandler` waits in a thread of C, so that it fires even while Python code cannot run at all (a regular
expression that holds the GIL). A process that is stopped by a signal (SIGSTOP) stops that thread too: that
is seen by the missing heartbeat alone.
"""

from __future__ import annotations

import asyncio
import faulthandler

# So often within the limit is it put off.
PARTS = 4


class Watch:
    """Its last words go to the descriptor `words`. Armed while the daemon runs. A loop that does not come round within `limit` seconds: exit code 1."""

    def __init__(self, limit: float, words: int) -> None:
        self._limit = limit
        self._words = words

    def arm(self) -> None:
        """From now on, or once more: so many seconds until the end."""
        faulthandler.dump_traceback_later(self._limit, exit=True, file=self._words)

    async def run(self) -> None:
        """Put the end off for as long as the loop runs; it stays armed when this is cancelled."""
        while True:
            self.arm()
            await asyncio.sleep(self._limit / PARTS)

    def disarm(self) -> None:
        """Nothing ends any more."""
        faulthandler.cancel_dump_traceback_later()
