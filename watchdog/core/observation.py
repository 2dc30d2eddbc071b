"""What a check saw when it looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from watchdog.core.moment import Moment

# How the incarnation of what is not there ends.
GONE = "@gone"
# The kind of what cannot be asked as it is configured: a human has to mend that, and nobody else will notice.
MISCONFIGURED = "misconfigured"

Fact = str | int | float | bool | None


class Status(StrEnum):
    """The answer of a check. UNKNOWN means that it could not look: never a reason to act."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class Hand(StrEnum):
    """Whose hand took a target down."""

    ITSELF = "itself"
    PERSON = "person"
    WATCHDOG = "watchdog"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, as a word from a closed list and the facts that go with it.

    Words for people are made from it in `watchdog.wording`, and only there.
    """

    kind: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One look at one target.

    Attributes:
        settled: False while the target is still moving (starting, waiting for the engine's own restart):
            neither proof of health nor reason to act.
        look_again: seconds after which another look is due although nothing else may announce it.
        stopped_by: whose hand took the target down (or is about to); None exactly while it is up.
        incarnation: `body@start`: the whole changes at every start, the body when the target is replaced.
        version: what the target runs (the image id): a new one is a fresh start in the ledger.
        tell_after: of a warning: the seconds that it has to last before people are told of it, at least; None: they
            never are, as it becomes trouble or is over soon.
        near: it is well, and so close to its warning line that a warning of before is not over.
        patience: seconds that this target needs before it can prove its health (until its own healthcheck
            has decided); verification waits so much longer.
        because_of: targets whose own trouble would explain what was seen: while one of them is being looked after,
            this one waits for it.
        explains: targets that run and may be sick because of what was seen: they wait for this one, whose remedy
            knows more.
        evidence: lines for people, already redacted.
        measurements: numbers by name, in base units.
    """

    check: str
    target: str
    status: Status
    finding: Finding
    at: Moment
    settled: bool = True
    look_again: float | None = None
    stopped_by: Hand | None = None
    incarnation: str = ""
    version: str = ""
    tell_after: float | None = 0.0
    near: bool = False
    patience: float = 0.0
    because_of: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    measurements: Mapping[str, float] = field(default_factory=dict)

    @property
    def gone(self) -> bool:
        """True when nothing is there that could have been started."""
        return self.incarnation.endswith(GONE)

    @property
    def fallen(self) -> str:
        """The incarnation, if this look shows that it fell without a person's hand; else ""."""
        return self.incarnation if self.stopped_by in (Hand.ITSELF, Hand.WATCHDOG) else ""

    @property
    def well(self) -> bool:
        """True when this look is proof of health: settled, and no worse than a warning."""
        return self.settled and self.status in (Status.OK, Status.WARNING)

    @property
    def warns(self) -> bool:
        """True when people have to be told if this lasts, though nothing is done: a warning, or nothing can be seen."""
        told = self.status in (Status.WARNING, Status.UNKNOWN)
        return told and self.settled and self.stopped_by is None and self.tell_after is not None

    @property
    def blind(self) -> bool:
        """True when this look showed nothing, and the next one may."""
        return self.status is Status.UNKNOWN and self.finding.kind != MISCONFIGURED

    @property
    def sick(self) -> bool:
        """True when this look is a reason to act."""
        return self.settled and self.status is Status.CRITICAL
