"""What the actions of the web front work with beside the engine: one-shots, handshakes, bypasses.

They are in `Tools.front`; an action that finds none there says so and does nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from watchdog.core.bypass import Bypass, OpenBypass
from watchdog.core.errors import Refused
from watchdog.gateways.certificate_pair import Shots
from watchdog.gateways.tls import TlsCaller


class Opens(Protocol):
    """`Bypasses`, as actions use it."""

    async def open(self, bypass: Bypass) -> OpenBypass:
        """Open it, or return the one that is open for this target."""
        ...


def _nobody(target: str) -> bool:  # noqa: ARG001 - the shape of what asks
    """Nobody has said yes."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Tools of the web front.

    Attributes:
        approved: whether a human has said yes to the step that runs on this target now. Without it nothing is
            ever published to the outside.
        tls: makes handshakes; one that is made when it is needed, by default.
        turns: who exchanges a pair of which server now: two domains of one Nginx do it one after the other.
    """

    shots: Shots
    bypasses: Opens
    approved: Callable[[str], bool] = _nobody
    tls: Callable[[], TlsCaller] = field(default=TlsCaller)
    turns: dict[str, asyncio.Lock] = field(default_factory=dict)

    def turn(self, server: str) -> asyncio.Lock:
        """Held by who exchanges a pair of this server."""
        return self.turns.setdefault(server, asyncio.Lock())


def front_of(tools: object) -> Front:
    """The front's tools among all tools. Raises `Refused` where there are none."""
    found = getattr(tools, "front", None)
    if not isinstance(found, Front):
        raise Refused("this watchdog has no tools for the web front")
    return found
