"""What a configuration says, once it is known to be right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from watchdog.core.address import Address
from watchdog.core.budget import BudgetLimits
from watchdog.core.decision import Policy
from watchdog.core.diagnosis import Rules
from watchdog.core.flapping import FlapLimits
from watchdog.core.freeze import Liveness
from watchdog.core.guardrail import Limits
from watchdog.core.letters import QuietHours
from watchdog.core.notification import Severity
from watchdog.core.playbook import NO_PLAYBOOK, Autonomy, Playbook, PlaybookKind
from watchdog.core.progress import Pace
from watchdog.core.stand_aside import AsideLimits
from watchdog.core.storm import StormLimits
from watchdog.core.target import PROJECT, Wishes
from watchdog.core.threshold import Threshold
from watchdog.gateways.cron import Cron
from watchdog.plugins import Check, Notifier


def defaults_of(record: type[Any]) -> dict[str, Any]:
    """The defaults that a dataclass declares, by field: so that no number is written twice."""
    return {each.name: each.default for each in fields(record)}


_POLICY = defaults_of(Policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Which containers are watched: those of one Compose project, or those with a label. One of the two."""

    project: str = ""
    label: str = ""

    @property
    def label_filter(self) -> str:
        """The label that the engine's list and events are filtered by: `key=value` or `key`."""
        return f"{PROJECT}={self.project}" if self.project else self.label


LISTEN = Address("127.0.0.1", 9120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Where /healthz and /metrics are answered; None: nowhere. WATCHDOG_LISTEN in the environment wins."""

    listen: Address | None = LISTEN


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLimits:
    """How the Docker engine is reached, and how much is asked of it at once. Seconds.

    Attributes:
        call_within: deadline of a call that only asks.
        looks: questions at once. stops, starts: the same for those.
        abandoned: so many calls that never came back, and no more are made until one does.
        reconnect_longest: the longest wait between two attempts to reach an engine that is away.
        refused_exit: its socket refused for so long without a break: the daemon ends, to be restarted.
    """

    socket: str = "/var/run/docker.sock"
    call_within: float = 5.0
    looks: int = 4
    stops: int = 20
    starts: int = 4
    abandoned: int = 4
    reconnect_longest: float = 5.0
    refused_exit: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeLimits:
    """How long Compose may take before it is killed. Seconds."""

    recreate_within: float = 120.0
    build_within: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalLimits:
    """How long a proposal waits for a human yes. Seconds."""

    expire: float = _POLICY["proposal_lasts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLimits:
    """How long what is closed and told is remembered. Seconds."""

    keep: float = 90 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """When people are told without a sound, and after how many seconds they are reminded of what was escalated."""

    quiet_hours: QuietHours = field(default_factory=QuietHours)
    repeat_critical: float = 1800.0
    repeat: float = _POLICY["repeat"]

    def repeat_after(self, severity: Severity) -> float:
        """For this severity."""
        return self.repeat_critical if severity is Severity.CRITICAL else self.repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyLimits:
    """What waits for what. `grace`: seconds that a target gets to come back by itself once its cause is gone."""

    grace: float = _POLICY["cause_grace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckConfig:
    """One check as configured. `within`: seconds that one look may take; `every`: between two, 0 for events only."""

    name: str
    check: Check[Any]
    playbook: str
    severity: Severity = Severity.HIGH
    within: float = 5.0
    every: float = 0.0
    threshold: Threshold = field(default_factory=Threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetConfig:
    """What the file says of one target; None where it leaves that to the check."""

    wishes: Wishes = Wishes()
    severity: Severity | None = None
    playbook: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """A maintenance that comes again and again. `lasts`: seconds; `targets`: None for the whole stack."""

    cron: Cron
    lasts: float
    targets: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole configuration, valid in itself. Seconds; every default is the promise.

    Attributes:
        autonomy: the most that any playbook may do by itself.
        sweep: how often the whole list is compared with what is known.
        boot_grace, tell_hold_after, tell_warning_after, verify_every: as in `core.lifecycle.Policy`.
        diagnoses: rules that tell causes apart, by the name of their file.
        maintenance: the recurring ones, by name.
        sources: the files it was read from.
    """

    watch: Watch
    checks: tuple[CheckConfig, ...]
    playbooks: Mapping[str, Playbook]
    notifiers: tuple[Notifier[Any], ...] = ()
    targets: Mapping[str, TargetConfig] = field(default_factory=dict)
    autonomy: Autonomy = Autonomy.ACT
    sweep: float = 15.0
    boot_grace: float = _POLICY["boot_grace"]
    tell_hold_after: float = _POLICY["tell_hold_after"]
    tell_warning_after: float = _POLICY["tell_warning_after"]
    verify_every: float = _POLICY["verify_every"]
    web: Web = Web()
    engine: EngineLimits = EngineLimits()
    compose: ComposeLimits = ComposeLimits()
    proposals: ProposalLimits = ProposalLimits()
    limits: Limits = Limits()
    heartbeat: Pace = Pace()
    liveness: Liveness = Liveness()
    journal: JournalLimits = JournalLimits()
    messages: Messages = field(default_factory=Messages)
    budget: BudgetLimits = field(default_factory=BudgetLimits)
    storm: StormLimits = field(default_factory=StormLimits)
    flapping: FlapLimits = field(default_factory=FlapLimits)
    dependencies: DependencyLimits = field(default_factory=DependencyLimits)
    stand_aside: AsideLimits = field(default_factory=AsideLimits)
    diagnoses: Mapping[str, Rules] = field(default_factory=dict)
    maintenance: Mapping[str, Recurring] = field(default_factory=dict)
    sources: tuple[Path, ...] = ()

    def target(self, name: str) -> TargetConfig:
        """What the file says of a target. What it says of a service holds for its replicas (`api#2`) too."""
        return self.targets.get(name) or self.targets.get(name.partition("#")[0]) or TargetConfig()

    def policy(self, check: CheckConfig, target: str, label: str | None = None) -> Policy:
        """What the lifecycle needs to know to decide about this check's target; of labels only the playbook.

        A label may pick another remedy that there is for this kind of check; what the file says wins.
        """
        wanted = self.target(target)
        picked = self.playbooks.get(label or "")
        fits = (
            picked is not None
            and picked.kind is PlaybookKind.REMEDY
            and picked.target_kind == check.check.kind
        )
        name = wanted.playbook or (label if fits and label else check.playbook)
        return Policy(
            playbook=self.playbooks.get(name, NO_PLAYBOOK),
            limits=self.limits,
            severity=wanted.severity or check.severity,
            autonomy=self.autonomy,
            boot_grace=self.boot_grace,
            tell_hold_after=self.tell_hold_after,
            tell_warning_after=self.tell_warning_after,
            verify_every=self.verify_every,
            cause_grace=self.dependencies.grace,
            flaps=self.flapping,
            budget=self.budget,
            repeat=self.messages.repeat_after(wanted.severity or check.severity),
            proposal_lasts=self.proposals.expire,
            standing_hold=wanted.wishes.hold,
        )
