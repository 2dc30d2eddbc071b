"""What a decision goes by, joined: the configuration, what labels say, and how the stack around a target stands."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from watchdog import registry
from watchdog.config import CurrentConfig
from watchdog.core.decision import Policy
from watchdog.core.event import EngineEvent, Life
from watchdog.core.happening import Publish
from watchdog.core.incident import Phase
from watchdog.core.notification import Severity, rank
from watchdog.core.observation import Hand
from watchdog.core.playbook import Autonomy, Playbook
from watchdog.engine.census import Census, Heard
from watchdog.engine.listener import Listener
from watchdog.engine.monitor import Monitor
from watchdog.engine.responder import Responder
from watchdog.engine.scheduler import Scheduler
from watchdog.engine.stack import Stack, StackLimits
from watchdog.engine.weather import Book, Weather
from watchdog.plugins import Clock, Tools


def limits_of(current: CurrentConfig) -> StackLimits:
    """What config says of the stack as a whole."""
    config = current.config
    return StackLimits(
        grace=config.dependencies.grace, budget=config.budget, storm=config.storm, aside=config.stand_aside
    )


def policies(
    *,
    current: CurrentConfig,
    census: Census,
    stack: Stack,
    responder: Callable[[], Responder],
    tools: Tools,
    clock: Clock,
) -> Callable[[str, str], Policy]:
    """The policy of a check's target, made anew for each decision."""

    def policy_of(check: str, target: str) -> Policy:
        mine = next((c for c in responder().cases() if (c.check, c.target) == (check, target)), None)
        wishes = census.wishes(target)
        policy = current.policy(check, target, mine.incident if mine else None, wishes.playbook)
        local = clock.now().wall.astimezone().time()
        return replace(
            policy,
            next_id=responder().next_number(),
            standing_hold=wishes.hold,
            impossible=_impossible(policy.playbook, target, tools),
            quiet=current.config.messages.quiet_hours.hold(local),
            around=stack.surroundings(target),
        )

    return policy_of


def _impossible(playbook: Playbook, target: str, tools: Tools) -> frozenset[int]:
    """The rungs that ask for a yes and could do nothing for this target: nobody is asked for nothing.

    A plug-in is not asked: a decision waits for nobody.
    """
    rungs = enumerate(playbook.rungs)
    asking = (
        (n, r.step)
        for n, r in rungs
        if r.step.autonomy is not Autonomy.ACT and r.step.action in registry.ACTIONS
    )
    return frozenset(
        n for n, step in asking if not registry.build_action(step).suits(step.on or target, tools)
    )


def follow_others(stack: Callable[[], Stack], responder: Callable[[], Responder]) -> Heard:
    """Tells the stack of what others do; our own steps are known by the phase of their incident."""

    def heard(event: EngineEvent, hand: Hand, before: Life, target: str | None) -> None:
        case = responder().case(target) if target is not None else None
        incident = case.incident if case is not None else None
        ours = incident is not None and incident.phase in (Phase.ACTING, Phase.VERIFYING)
        stack().heard(event, hand, before, target, busy=ours)

    return heard


def watch_weather(
    *,
    journal: Book,
    clock: Clock,
    stack: Stack,
    current: CurrentConfig,
    responder: Callable[[], Responder],
    ask: Callable[[str], None],
    told: Callable[[], None],
    publish: Publish,
) -> Weather:
    """What watches over many targets at once."""

    def severity_of(target: str) -> Severity:
        return max((current.policy(check.name, target).severity for check in current.config.checks), key=rank)

    return Weather(
        journal=journal,
        clock=clock,
        sky=stack,
        limits=lambda: current.config.storm,
        severity=severity_of,
        number=lambda: responder().take_number(),
        ask=ask,
        told=told,
        publish=publish,
    )


# What the jobs are called that ask a check every so often.
_ASK = "ask "


def ask_regularly(current: CurrentConfig, scheduler: Scheduler, monitor: Monitor, listener: Listener) -> None:
    """Sweep, and ask what no event announces, as often as the configuration in force says."""
    scheduler.every(current.config.sweep, "sweep", listener.sweep)
    regular = {f"{_ASK}{check.name}": check for check in current.config.checks if check.every}

    def asking(name: str) -> Callable[[], Coroutine[Any, Any, None]]:
        async def ask() -> None:
            monitor.ask_check(name)

        return ask

    for job, check in regular.items():
        scheduler.every(check.every, job, asking(check.name))
    scheduler.keep(regular, _ASK)
