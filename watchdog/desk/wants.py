"""What the desk wants of the rooms below it; `app.py` hands it the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from watchdog.core.decision import Order
from watchdog.core.incident import Case, Incident
from watchdog.core.moment import Moment
from watchdog.core.observation import Observation
from watchdog.core.story import Story
from watchdog.engine.reloader import Broken, Reloaded
from watchdog.plugins import Tools


class Responder(Protocol):
    """What is remembered of every target, and the way to order."""

    async def order(self, target: str, order: Order, by: str) -> str:
        """Pass an order on; the reason of what was decided. Raises `NotThere` for an unknown target."""
        ...

    def case(self, target: str) -> Case | None:
        """What is remembered of a target."""
        ...

    def cases(self) -> Sequence[Case]:
        """What is remembered of all of them."""
        ...

    def latest(self, target: str) -> Observation | None:
        """What was seen of a target last."""
        ...

    def reason(self, target: str) -> str:
        """Why a target stands as it stands: the reason of its latest decision."""
        ...


class Monitor(Protocol):
    """What asks the checks."""

    async def ask(self, target: str) -> Sequence[Observation]:
        """Look at a target now, with all of its checks. A look that fails is an UNKNOWN observation, no error."""
        ...

    def targets(self) -> Sequence[str]:
        """What is watched."""
        ...


class Switch(Protocol):
    """Which checks are not asked."""

    @property
    def off(self) -> Sequence[str]:
        """Those that froze watchdog, or go wrong again and again."""
        ...

    async def give_back(self, check: str) -> bool:
        """Have one asked again; False when it is not switched off."""
        ...


class Journal(Protocol):
    """What was written down."""

    async def incidents(self, limit: int, target: str | None = None) -> Sequence[Incident]:
        """The newest incidents first."""
        ...

    async def story(self, incident_id: str) -> Story:
        """All of one incident. Raises `NotThere`."""
        ...

    async def note(self, kind: str, text: str, *, now: Moment, target: str | None = None) -> None:
        """Write one line down."""
        ...


class Listener(Protocol):
    """Whether the engine can be heard."""

    connected: bool
    lost_because: str


class Reloader(Protocol):
    """How the configuration stands, and the way to have it loaded again."""

    broken: Broken | None
    latest: Reloaded | None

    @property
    def read(self) -> Moment:
        """When the files were last read."""
        ...

    @property
    def waiting(self) -> tuple[str, ...]:
        """The keys that wait for a restart."""
        ...

    async def reload(self, by: str) -> Reloaded:
        """Load it again."""
        ...


class Described(Protocol):
    """An action, as far as a plan needs it."""

    async def describe(self, target: str, tools: Tools) -> str:
        """What it would do, in one line; changes nothing."""
        ...

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:
        """What exactly it would ship, by name. Raises `Refused` when it would be refused."""
        ...
