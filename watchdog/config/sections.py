"""The keys of each section of the files, with type and bounds. Flat on purpose: nesting is for the readers."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf

from watchdog.config.records import (
    CheckConfig,
    ComposeLimits,
    Config,
    DependencyLimits,
    EngineLimits,
    JournalLimits,
    Messages,
    ProposalLimits,
    Web,
    defaults_of,
)
from watchdog.core.address import Address, parse_address
from watchdog.core.budget import BudgetLimits
from watchdog.core.flapping import FlapLimits
from watchdog.core.freeze import Liveness
from watchdog.core.guardrail import Limits
from watchdog.core.letters import QuietHours, parse_quiet_hours
from watchdog.core.notification import Severity
from watchdog.core.playbook import Autonomy, PlaybookKind, Verification
from watchdog.core.progress import Pace as HeartPace
from watchdog.core.stand_aside import AsideLimits
from watchdog.core.storm import StormLimits
from watchdog.core.target import GREATEST_PRIORITY
from watchdog.gateways.cron import Cron, parse_cron
from watchdog.plugins import Duration

_CONFIG = defaults_of(Config)
_CHECK = defaults_of(CheckConfig)
_ENGINE = EngineLimits()
_LIMITS = Limits()
_VERIFY = Verification()
_HEART = HeartPace()
_BUDGET = BudgetLimits()
_STORM = StormLimits()
_FLAPS = FlapLimits()
_ASIDE = AsideLimits()

DAY = 86400.0
# No wait of a daemon that heals is meant to be longer; a mistyped unit is.
Span = Annotated[Duration, Field(ge=0.0, le=DAY)]
Pace = Annotated[Duration, Field(ge=0.1, le=DAY)]
Count = Annotated[int, Field(ge=1, le=1000)]
Loudness = Annotated[Severity, Field(strict=False)]
Freedom = Annotated[Autonomy, Field(strict=False)]
Share = Annotated[float, Field(gt=0.0, le=1.0)]
Text = Annotated[str, Field(min_length=1)]

ProjectName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        description="the name of a Compose project: small letters, digits, - and _",
    ),
]
Label = Annotated[
    str,
    Field(
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_./-]*(=\S+)?$",
        description="a label, as key or as key=value, such as autoheal=true",
    ),
]
AbsolutePath = Annotated[
    str, Field(pattern=r"^/[^\x00]+$", description="an absolute path, such as /var/run/docker.sock")
]
PlaybookName = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="a name of small letters, digits and -"),
]


TargetName = Annotated[
    str,
    Field(
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*(#[1-9][0-9]*)?$",
        description="the name of a Compose service, one of its replicas, or a container",
    ),
]
_TARGET_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*(#[1-9][0-9]*)?")


def is_target_name(name: str) -> bool:
    """Whether a target can have this name: a Compose service, one of its replicas, or a container."""
    return _TARGET_NAME.fullmatch(name) is not None


class Section(BaseModel):
    """Strict: `yes` is no number and 5 is no text. No input in errors: it may be a secret."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, allow_inf_nan=False
    )


class FileSection(Section):
    """watchdog.yml without its sections."""

    version: int
    autonomy: Freedom = _CONFIG["autonomy"]
    sweep: Annotated[Duration, Field(ge=1.0, le=3600.0)] = _CONFIG["sweep"]
    boot_grace: Span = _CONFIG["boot_grace"]
    tell_hold_after: Span = _CONFIG["tell_hold_after"]
    tell_warning_after: Span = _CONFIG["tell_warning_after"]
    verify_every: Pace = _CONFIG["verify_every"]
    playbooks: Text | None = None


class WatchSection(Section):
    """What is watched."""

    project: ProjectName = ""
    label: Label = ""


class WebSection(Section):
    """Where health and metrics are shown."""

    listen: Annotated[Address | None, BeforeValidator(parse_address)] = Web().listen


class EngineSection(Section):
    """How the engine is reached."""

    socket: AbsolutePath = _ENGINE.socket
    call_within: Pace = _ENGINE.call_within
    looks: Count = _ENGINE.looks
    stops: Count = _ENGINE.stops
    starts: Count = _ENGINE.starts
    abandoned: Count = _ENGINE.abandoned
    reconnect_longest: Pace = _ENGINE.reconnect_longest
    refused_exit: Annotated[Duration, Field(ge=1.0, le=DAY)] = _ENGINE.refused_exit


class ComposeSection(Section):
    """How long Compose may take."""

    recreate_within: Annotated[Duration, Field(ge=1.0, le=3600.0)] = ComposeLimits().recreate_within
    build_within: Annotated[Duration, Field(ge=1.0, le=DAY)] = ComposeLimits().build_within


class ProposalsSection(Section):
    """How a human yes is asked for."""

    expire: Annotated[Duration, Field(ge=1.0, le=7 * DAY)] = ProposalLimits().expire


class HeartbeatSection(Section):
    """How often somebody outside is told that watchdog lives."""

    # Not faster: receivers take five pings a minute.
    every: Annotated[Duration, Field(ge=15.0, le=3600.0)] = _HEART.every
    within: Annotated[Duration, Field(ge=1.0, le=600.0)] = _HEART.within


class LivenessSection(Section):
    """When a frozen process ends itself."""

    freeze: Annotated[Duration, Field(ge=2.0, le=3600.0)] = Liveness().freeze


class JournalSection(Section):
    """How long what is closed and told is remembered."""

    keep: Annotated[Duration, Field(ge=DAY, le=366 * DAY)] = JournalLimits().keep


class GuardrailsSection(Section):
    """How much a target may be touched."""

    first: Pace = _LIMITS.first
    factor: Annotated[float, Field(ge=1.0, le=100.0)] = _LIMITS.factor
    longest: Pace = _LIMITS.longest
    forget_after: Pace = _LIMITS.forget_after
    attempts: Annotated[int, Field(ge=1, le=100)] = _LIMITS.attempts


class BudgetSection(Section):
    """How much may be done to the whole stack."""

    actions: Count = _BUDGET.actions
    window: Annotated[Duration, Field(ge=1.0, le=DAY)] = _BUDGET.window
    at_once: Count = _BUDGET.at_once


class StormSection(Section):
    """When many targets are too many."""

    share: Share = _STORM.share
    fewest: Annotated[int, Field(ge=2, le=100000)] = _STORM.fewest
    within: Annotated[Duration, Field(ge=1.0, le=3600.0)] = _STORM.within
    over_below: Share = _STORM.over_below


class FlappingSection(Section):
    """When a target alternates, and how much it is touched then."""

    turns: Annotated[int, Field(ge=2, le=100)] = _FLAPS.turns
    window: Annotated[Duration, Field(ge=1.0, le=DAY)] = _FLAPS.window
    steady: Annotated[Duration, Field(ge=1.0, le=DAY)] = _FLAPS.steady
    lasted: Span = _FLAPS.lasted
    actions: Count = _FLAPS.actions
    actions_window: Annotated[Duration, Field(ge=1.0, le=DAY)] = _FLAPS.actions_window


class DependenciesSection(Section):
    """What waits for what."""

    grace: Span = DependencyLimits().grace


class AsideSection(Section):
    """How long to stand aside while somebody else is at work."""

    quiet: Span = _ASIDE.quiet
    longest: Span = _ASIDE.longest


class MessagesSection(Section):
    """How people are told."""

    quiet_hours: Annotated[QuietHours, BeforeValidator(parse_quiet_hours)] = Messages().quiet_hours
    # Faster would be noise that people learn to mute.
    repeat_critical: Annotated[Duration, Field(ge=60.0, le=7 * DAY)] = Messages().repeat_critical
    repeat: Annotated[Duration, Field(ge=60.0, le=7 * DAY)] = Messages().repeat


class CheckSection(Section):
    """What every check has, whatever its kind."""

    kind: Text
    # None: nothing is done about what it finds, people are told.
    playbook: Text | None = None
    severity: Loudness = _CHECK["severity"]
    within: Pace = _CHECK["within"]
    every: Annotated[Duration, Field(ge=1.0, le=DAY)] | None = None
    failures: Annotated[int, Field(ge=1, le=100)] | None = None
    successes: Annotated[int, Field(ge=1, le=100)] | None = None


class TargetSection(Section):
    """What is wished for one target."""

    enable: bool = True
    hold: bool = False
    expect: Literal["running"] | None = None
    severity: Loudness | None = None
    playbook: Text | None = None
    depends_on: list[TargetName] | None = None
    priority: Annotated[int, Field(ge=-GREATEST_PRIORITY, le=GREATEST_PRIORITY)] | None = None


def _require_some(targets: tuple[str, ...]) -> tuple[str, ...]:
    if not targets:
        raise ValueError("is empty; name targets, or remove the key for the whole stack")
    return targets


class RecurringSection(Section):
    """A maintenance that comes again and again."""

    name: PlaybookName
    cron: Annotated[InstanceOf[Cron], BeforeValidator(parse_cron), Field(description="five fields of cron")]
    for_: Annotated[Duration, Field(alias="for", ge=60.0, le=7 * DAY)]
    targets: Annotated[tuple[Text, ...], Field(strict=False), AfterValidator(_require_some)] | None = Field(
        None, description="list of targets"
    )


class NotifierSection(Section):
    """What every notifier has, whatever its kind."""

    kind: Text


class PlaybookSection(Section):
    """A playbook file without its sections."""

    playbook: PlaybookName
    kind: Annotated[PlaybookKind, Field(strict=False)]
    autonomy: Freedom = Autonomy.ACT
    otherwise: Literal["escalate"] = "escalate"


class TitleSection(Section):
    """The title by language; one is enough."""

    en: Text | None = None
    fr: Text | None = None


class ForSection(Section):
    """What a playbook is for."""

    kind: Text


class StepSection(Section):
    """What may stand beside an action."""

    attempts: Annotated[int, Field(ge=1, le=100)] = 1
    autonomy: Literal["propose", "act"] = "act"
    on: TargetName | None = None
    when: Annotated[list[Text], Field(min_length=1, description="list of findings")] | None = None
    verify: Any = None


class VerifySection(Section):
    """What must be seen before a step counts."""

    within: Pace = _VERIFY.within
    stable: Span = _VERIFY.stable
