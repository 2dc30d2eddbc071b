"""Whether a host can be connected to: a TCP connection that is closed at once, and nothing is sent."""

from __future__ import annotations

import socket
from contextlib import suppress

from watchdog.core.errors import Unreachable
from watchdog.gateways.lanes import Circuit, Lane

AT_ONCE = 8


class Connections:
    """Tries connections, each in a thread of its own: a silent name server holds up nobody."""

    def __init__(self) -> None:
        self._lane: Lane | None = None

    async def reach(self, host: str, port: int, within: float) -> bool:
        """Whether it can be connected to within so many seconds, for whatever reason not."""
        if self._lane is None:
            self._lane = Lane("connect", AT_ONCE, Circuit("the outside", AT_ONCE))
        try:
            return await self._lane.call(_connect, host, port, within, within=within)
        except Unreachable:
            # Not even an error came, or too many before it are still waited for: nothing is reached from here.
            return False


def _connect(host: str, port: int, within: float) -> bool:
    with suppress(OSError, UnicodeError):
        socket.create_connection((host, port), timeout=within).close()
        return True
    return False
