"""The outside world, as the daemon needs it: real, or replaced when it is tested in process."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from watchdog.config import Config
from watchdog.core.roster import ComposeOrigin
from watchdog.engine.bypass_watch import Doors
from watchdog.engine.census import Lister
from watchdog.engine.heartbeat import Caller
from watchdog.engine.listener import Stream
from watchdog.engine.sights import Seer
from watchdog.gateways.bypasses import Bypasses
from watchdog.gateways.certificate_pair import Shots
from watchdog.gateways.clock import SystemClock
from watchdog.gateways.compose import ComposeCli, ComposeOptions
from watchdog.gateways.docker import DockerEngine, EngineOptions, list_build_files
from watchdog.gateways.http import HttpCaller
from watchdog.gateways.one_shot import OneShots
from watchdog.gateways.stores import Stores
from watchdog.plugins import Clock, Compose


class FullCompose(Compose, Seer, Protocol):
    """Compose, as the actions and the first sights together need it."""

    async def settled(self, origin: ComposeOrigin) -> None:
        """A rebuild has proved itself: nothing is to be put back any more."""
        ...


class SweptShots(Shots, Protocol):
    """One-shots, and what a killed daemon left of them."""

    async def remove_leftovers(self) -> int:
        """Remove what is left; how many there were."""
        ...


class Engine(Lister, Stream, Protocol):
    """The engine, as the census and the listener together need it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The outside world: what is replaced when the whole daemon is tested in process."""

    engine: Engine
    compose: FullCompose
    clock: Clock
    caller: Caller = field(default_factory=HttpCaller)
    # What the engine stores; None where that cannot be asked.
    stores: Stores | None = None
    # What one-shots and emergency bypasses are made with; None: no certificate is renewed, nothing is published.
    shots: SweptShots | None = None
    doors: Doors | None = None

    @classmethod
    def real(cls, config: Config, program: Path | None = None, image: str = "") -> Outside:
        """The real one, as configured.

        `program`: the Compose to use, None for the one that is found. `image`: of one-shots and bypasses, where
        watchdog itself is no container.
        """
        engine = DockerEngine(
            EngineOptions(
                socket=config.engine.socket,
                project=config.watch.project,
                label=config.watch.label,
                call_within=config.engine.call_within,
                looks=config.engine.looks,
                starts=config.engine.starts,
                stops=config.engine.stops,
                abandoned=config.engine.abandoned,
            )
        )
        return cls(
            engine=engine,
            compose=ComposeCli(
                engine.images,
                ComposeOptions(
                    socket=config.engine.socket,
                    program=str(program or ""),
                    recreate_within=config.compose.recreate_within,
                    build_within=config.compose.build_within,
                ),
                own_labels=engine.own_labels,
                list_files=list_build_files,
            ),
            clock=SystemClock(),
            stores=Stores(engine.ask_for, config.watch.project),
            shots=OneShots(engine, image),
            doors=Bypasses(engine, image),
        )
