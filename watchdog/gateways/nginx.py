"""Nginx in its container, by its own command: testing what it would run with, and having it read that anew.

Never by a signal through the engine: `docker kill -s HUP` switches the container's restart policy off until its
next start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from watchdog.core.errors import Refused
from watchdog.core.nginx_words import complaint_of, is_about_a_pair, passes_by_itself
from watchdog.gateways.program import Ended

# Seconds. A test resolves every name of an upstream, and waits for the name server.
TEST_WITHIN = 15
RELOAD_WITHIN = 10
# Beyond the deadline inside of the container, that of the call.
MARGIN = 5.0
_NOT_THERE = frozenset({126, 127})
_NGINX = ("nginx",)


class Executes(Protocol):
    """The part of `plugins.Engine` that this takes."""

    async def execute(
        self,
        container_id: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        within: float = 10.0,
    ) -> Ended:
        """How a command ended that ran inside a container."""
        ...


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test of the configuration said.

    Attributes:
        objection: why Nginx would not start with it, "" if it would.
        passing: the objection may go away by itself, as when a neighbour is down.
        of_pair: it is a certificate or its key that is refused.
    """

    objection: str = ""
    passing: bool = False
    of_pair: bool = False


async def test_configuration(engine: Executes, container_id: str) -> Tested:
    """What Nginx says of its configuration as it stands in the files now; changes nothing."""
    ended = await _run(engine, container_id, (*_NGINX, "-t"), TEST_WITHIN)
    if ended.code == 0:
        return Tested()
    said = _text(ended)
    return Tested(complaint_of(said), passing=passes_by_itself(said), of_pair=is_about_a_pair(said))


async def reload_configuration(engine: Executes, container_id: str) -> None:
    """Have it read its configuration, certificates and names anew; what is being answered is answered to its end.

    Raises `Refused` with its words. That it returns means that the signal was sent: look whether it was taken.
    """
    ended = await _run(engine, container_id, (*_NGINX, "-s", "reload"), RELOAD_WITHIN)
    if ended.code != 0:
        raise Refused(f"nginx did not reload: {complaint_of(_text(ended))}")


async def _run(engine: Executes, container_id: str, command: tuple[str, ...], within: int) -> Ended:
    # An exec cannot be ended from outside; `timeout` is in Debian's image and in Alpine's.
    bounded = ("timeout", "-s", "KILL", str(within), *command)
    try:
        ended = await engine.execute(container_id, bounded, within=within + MARGIN)
    except Refused as refused:
        if "executable file not found" not in str(refused):
            raise
        return await engine.execute(container_id, command, within=within + MARGIN)
    if ended.code in _NOT_THERE and b"executable file not found" in ended.output + ended.complaint:
        return await engine.execute(container_id, command, within=within + MARGIN)
    return ended


def _text(ended: Ended) -> str:
    return (ended.complaint + b"\n" + ended.output).decode("utf-8", "replace")
