"""The public page for people who extend watchdog: what a check, an action and a notifier are.

Belongs here: the three bases and the tools they are handed. Does not: any kind of them (one file each in
`checks/`, `actions/`, `notifiers/`), nor how they are found (`registry.py`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from watchdog.core.announcements import LASTS
from watchdog.core.check_in import CheckIn
from watchdog.core.container import ContainerFacts, Sighting
from watchdog.core.diagnosis import Rules
from watchdog.core.disk_room import Disks
from watchdog.core.duration import parse_duration
from watchdog.core.event import Announcement
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification
from watchdog.core.observation import Observation
from watchdog.core.roster import ComposeOrigin
from watchdog.core.run import Outcome, Result
from watchdog.gateways.front import Front
from watchdog.gateways.program import Ended

# A parameter that is a span of time: written as 30s or 5m, held as seconds.
Duration = Annotated[float, BeforeValidator(parse_duration)]


# A notifier that takes longer is given up for now, and tried again.
DELIVERY_WITHIN = 30.0


class Parameters(BaseModel):
    """What a configuration file may say for one kind. Frozen; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


P = TypeVar("P", bound=Parameters)


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> Moment:
        """The present moment."""
        ...


class Engine(Protocol):
    """The Docker engine, as checks and actions may use it.

    Every call ends within its deadline. Raises `Unreachable` when the engine could not be asked, `Refused`
    when it answered no, `NotThere` when the container does not exist.
    """

    async def inspect(self, container_id: str) -> ContainerFacts:
        """What the engine says of a container now."""
        ...

    async def logs(self, container_id: str, tail: int, *, stamped: bool = False) -> tuple[str, ...]:
        """The last `tail` lines of a container's log, oldest first, each bounded in length.

        `stamped`: before each the engine's time of it (RFC 3339) and a space.
        """
        ...

    async def execute(
        self,
        container_id: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        within: float = 10.0,
    ) -> Ended:
        """How a command ended that ran inside a container; 64 KiB of each output are read.

        All the world sees the command: a secret belongs in the environment. It has to end by itself.
        """
        ...

    async def start(self, container_id: str) -> None:
        """Start a container; no error if it runs already."""
        ...

    async def stop(self, container_id: str, grace: float) -> None:
        """Stop a container, `grace` seconds before it is killed; no error if it is down already."""
        ...


class Compose(Protocol):
    """Docker Compose, as actions may use it. Raises `Refused` and `Unreachable` like `Engine`."""

    async def recreate(self, origin: ComposeOrigin, say: Callable[[str], None] | None = None) -> None:
        """Replace the containers of one service by new ones of the same image; its neighbours stay.

        `say` is handed each line that Compose writes. Raises `Changed` when that would ship anything but what ran.
        """
        ...

    async def build(self, origin: ComposeOrigin, say: Callable[[str], None] | None = None) -> None:
        """Build a service's image anew; the one that runs is kept for `give_back` before anything else."""
        ...

    async def replace(self, origin: ComposeOrigin, say: Callable[[str], None] | None = None) -> None:
        """Replace a service's containers by new ones of the image that was just built, or given back."""
        ...

    async def give_back(self, origin: ComposeOrigin) -> bool | None:
        """Give the image that ran before a build its name back.

        True: the containers have to be replaced, too. False: they are as before. None: there is nothing to undo.
        """
        ...

    async def settled(self, origin: ComposeOrigin) -> None:
        """A build has proved itself, or was undone: nothing is to be given back any more."""
        ...

    async def pin(self, origin: ComposeOrigin, *, build: bool = False) -> Mapping[str, str]:
        """What exactly a replacement (or a build) would be made of, by name."""
        ...

    def builds(self, origin: ComposeOrigin) -> bool | None:
        """Whether the service's image is built from its files; None: that was not read yet."""
        ...

    async def defines(self, origin: ComposeOrigin) -> bool | None:
        """Whether the project still asks for this service (profile active, scale above 0); None: cannot tell."""
        ...


class Containers(Protocol):
    """The watched containers and their past."""

    async def look(self, target: str) -> Sighting:
        """What is seen of a target now, with its past. Raises `Unreachable` when the engine cannot be asked."""
        ...

    def container_of(self, target: str) -> str | None:
        """The id of the target's container, None when it has none or is not watched."""
        ...

    def known_down(self, target: str) -> bool:
        """True when the last look at the target's container found it at rest (a paused one is not)."""
        ...

    def just_seen(self, target: str) -> ContainerFacts | None:
        """What a look at the target's container showed a moment ago; None when anything was heard of it since."""
        ...

    def origin_of(self, target: str) -> ComposeOrigin | None:
        """The Compose project that a target comes from, None when Compose did not make it."""
        ...

    def replicas_of(self, target: str) -> int:
        """How many containers the target's Compose service has now; 1 for one that Compose did not make."""
        ...

    def announce(self, announcement: Announcement, target: str, lasts: float = LASTS) -> None:
        """Say before an act what events it will cause within `lasts` seconds: they are not a person's."""
        ...


class LastCheckIns(Protocol):
    """What jobs said of themselves last."""

    def last(self, name: str) -> CheckIn | None:
        """What is known of a job, None if none is expected by this name."""
        ...


def _unheard(target: str, line: str) -> None:
    """Nobody follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What checks and actions are handed to work with."""

    engine: Engine
    compose: Compose
    containers: Containers
    clock: Clock
    redact: Callable[[str], str]
    # A line about the step that runs on a target, for whoever follows.
    progress: Callable[[str, str], None] = _unheard
    # None where no check-ins are taken.
    check_ins: LastCheckIns | None = None
    # The rules that tell causes apart, by the name of their file.
    diagnoses: Mapping[str, Rules] = field(default_factory=dict)
    # None where no disk is watched.
    disks: Disks | None = None
    # One-shots, handshakes and bypasses; None where there are none.
    front: Front | None = None


class Check(ABC, Generic[P]):
    """A question about a target. It looks and never touches.

    Attributes:
        every: seconds between two looks by default; 0 for what the engine's events and sweeps announce.
        failures, successes: how many looks in a row must agree by default before they are believed.
        findings: the kinds of what it can find, for `when` in playbooks; empty: any.

    To add one: a file in `checks/` with a subclass, its test, a line in `registry.py`, an example in
    `config/examples/`.
    """

    kind: ClassVar[str]
    parameters_type: ClassVar[type[Parameters]]
    every: ClassVar[float] = 0.0
    findings: ClassVar[frozenset[str]] = frozenset()
    failures: ClassVar[int] = 1
    successes: ClassVar[int] = 1

    def __init__(self, name: str, parameters: P) -> None:
        self.name = name
        self.parameters = parameters

    def targets(self) -> tuple[str, ...] | None:
        """The names of what it looks at; None: every watched container.

        A check with one question about one thing (a page, a disk, a certificate) gives its own name.
        """
        return None

    @abstractmethod
    async def probe(self, target: str, tools: Tools) -> Observation:
        """Ask once. May raise anything: the monitor turns that into UNKNOWN."""


class Action(ABC, Generic[P]):
    """The capability of changing one thing (or, with `changes` False, of fetching evidence).

    Attributes:
        name: verb_noun, as written in playbooks.
        repeatable: doing it once more after the daemon died in its middle does no harm.
        gentle: it takes nothing away (a start or restart of what is there): allowed also while watchdog cannot be
            sure of what it remembers.
        undoable: `undo` takes back what it did; it is called when that did not help, or was cut short.
        decides: it changes nothing, and says in its outcome (`then`) whether the steps below it are to be done. It is
            run alone before each of them. A parameter `rules` of it names a file of rules, in `Tools.diagnoses`.
        asks_unless_told: a step of a playbook that says nothing of its autonomy waits for a human yes.
    """

    name: ClassVar[str]
    changes: ClassVar[bool] = True
    repeatable: ClassVar[bool] = False
    gentle: ClassVar[bool] = False
    undoable: ClassVar[bool] = False
    decides: ClassVar[bool] = False
    asks_unless_told: ClassVar[bool] = False
    parameters_type: ClassVar[type[Parameters]]

    def __init__(self, parameters: P) -> None:
        self.parameters = parameters

    @abstractmethod
    async def describe(self, target: str, tools: Tools) -> str:
        """What `run` would do to this target now, in one line; changes nothing."""

    async def pin(self, target: str, tools: Tools) -> Mapping[str, str]:  # noqa: ARG002 - for those that ship something
        """What exactly `run` would ship, by name: a yes holds as long as none of it changes. Changes nothing.

        Raises `Refused` when `run` would be refused.
        """
        return {}

    @property
    def needs_a_yes(self) -> bool:
        """Whether it is never done without a human yes: a playbook has to say `autonomy: propose` beside it."""
        return False

    def suits(self, target: str, tools: Tools) -> bool:  # noqa: ARG002 - for those that do not suit all
        """False when it is known that `run` can do nothing for this target: then nobody is asked for a yes."""
        return True

    @abstractmethod
    async def run(self, target: str, tools: Tools) -> Outcome:
        """Do it. May raise anything: the runner turns that into a failed outcome."""

    async def undo(self, target: str, tools: Tools) -> Outcome:  # noqa: ARG002 - for those that can
        """Take back what `run` did, whole or cut short anywhere; harmless when done twice."""
        return Outcome(result=Result.SKIPPED, reason=f"{self.name} has nothing to take back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message for people: a new one, or another state of one that they have.

    Attributes:
        notifications: what there is to tell, oldest first. The last is the news; before it stands what was told
            of the same incident, for channels that show the whole of it in one message.
        receipt: what `deliver` returned for the message that this one takes the place of; "" for a new one.
        reply_to: the receipt of the incident's first message, where this is a later one.
        loud: whether it may make a sound.
        language: to tell it in ("en", "fr"); `wording.words_of` knows the words.
        left_out: older notifications that are told no more, because there were too many.
    """

    notifications: tuple[Notification, ...]
    receipt: str = ""
    reply_to: str = ""
    loud: bool = True
    language: str = "en"
    left_out: int = 0

    @property
    def news(self) -> Notification:
        """The latest, which is what it is about."""
        return self.notifications[-1]


class Notifier(ABC, Generic[P]):
    """What delivers letters to people. `__init__` does no I/O: the other side may be down for days.

    Attributes:
        edits: a message can be changed after it was sent: one message an incident, kept up to date. Otherwise
            every notification is a letter of its own.
    """

    kind: ClassVar[str]
    parameters_type: ClassVar[type[Parameters]]
    edits: ClassVar[bool] = False

    def __init__(self, name: str, parameters: P) -> None:
        self.name = name
        self.parameters = parameters

    async def prepare(self) -> None:
        """Make ready what would delay the first message (a library to load). Called at start and after a reload."""

    @abstractmethod
    async def deliver(self, letter: Letter) -> str:
        """Hand it over, within `DELIVERY_WITHIN`; returns a receipt if the message can be edited or replied to, else "".

        Raises `DeliveryError`. May be called again with what was delivered already: an answer can get lost.
        """

    async def close(self) -> None:
        """Let go of connections. It may be asked to deliver afterwards, and then opens them anew."""
