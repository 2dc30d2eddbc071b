"""Publish an application past its front for a while: the emergency bypass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from watchdog.core.bypass import LASTS, LONGEST, Bypass, read_sources
from watchdog.core.duration import show_duration
from watchdog.core.errors import NotThere, Refused
from watchdog.core.run import Outcome, Result
from watchdog.gateways.front import front_of
from watchdog.plugins import Action, Duration, Parameters, Tools

_UFW = "Docker publishes ports past ufw: only the list of sources stands before it"


def _are_sources(written: tuple[str, ...]) -> tuple[str, ...]:
    read_sources(written)
    return written


class OpenBypassParameters(Parameters):
    """`port` is where the application listens in its container, `published` where this machine will.

    Without `sources` it is published on the loopback interface: reachable from this machine, and through
    `ssh -L`. With `sources` (IPv4 addresses and nets) it is published to the outside, and needs a yes.
    """

    port: int = Field(default=3000, ge=1, le=65535, strict=True)
    published: int = Field(default=3000, ge=1, le=65535, strict=True)
    sources: Annotated[tuple[str, ...], AfterValidator(_are_sources)] = ()
    lasts: Duration = Field(default=LASTS, ge=1, le=LONGEST)


class OpenBypass(Action[OpenBypassParameters]):
    """Starts a forwarder that ends by itself. It makes nothing well: it is for people, until the front is.

    Not `undoable`: that would withdraw it as soon as the page proves to be still sick.
    """

    name: ClassVar[str] = "open_bypass"
    repeatable: ClassVar[bool] = True
    parameters_type: ClassVar[type[Parameters]] = OpenBypassParameters

    @property
    def needs_a_yes(self) -> bool:
        """A step that publishes to the outside is never done without one, whatever its autonomy."""
        return bool(self.parameters.sources)

    async def describe(self, target: str, tools: Tools) -> str:  # noqa: ARG002 - the same for every target
        """What `run` would do."""
        asked = self.parameters
        what = f"publish {target} (port {asked.port}) on {self._bypass(target).address}:{asked.published}"
        what += f" for {show_duration(asked.lasts)}, by a container of its own"
        return f"{what}, for {', '.join(asked.sources)} only; {_UFW}" if asked.sources else what

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:
        """To whom what would be published: a yes holds for exactly that."""
        asked = self.parameters
        return {
            "container": tools.containers.container_of(target) or "",
            "published": f"{self._bypass(target).address}:{asked.published}",
            "sources": ", ".join(asked.sources) or "this machine",
            "lasts": show_duration(asked.lasts),
        }

    async def run(self, target: str, tools: Tools) -> Outcome:
        """Open it; what is open already stays open, and ends when it was to end."""
        container_id = tools.containers.container_of(target)
        if container_id is None:
            return Outcome(result=Result.SKIPPED, reason="there is no container to publish", hopeless=True)
        try:
            front = front_of(tools)
            if self.needs_a_yes and not front.approved(target):
                reason = "it would be published to the outside, and nobody has said yes"
                return Outcome(result=Result.SKIPPED, reason=reason, hopeless=True)
            opened = await front.bypasses.open(self._bypass(target, container_id))
        except NotThere:
            return Outcome(result=Result.FAILED, reason="the container is gone")
        except Refused as refused:
            return Outcome(result=Result.FAILED, reason=tools.redact(str(refused)), hopeless=True)
        told = (
            f"{target} is published on {opened.where} until {opened.until:%H:%M} UTC, and is withdrawn then"
        )
        return Outcome(result=Result.DONE, evidence=(told, *((_UFW,) if self.needs_a_yes else ())))

    def _bypass(self, target: str, container_id: str = "") -> Bypass:
        asked = self.parameters
        return Bypass(
            target=target,
            container=container_id,
            port=asked.port,
            published=asked.published,
            sources=read_sources(asked.sources),
            lasts=asked.lasts,
        )
