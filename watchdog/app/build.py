"""Every part is built here, once, and joined by plain callables.

Straight-line on purpose: what depends on what is read from top to bottom.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from watchdog.app.foreign import Foreign
from watchdog.app.judging import limits_of, policies
from watchdog.app.outside import Outside
from watchdog.app.parts import JOURNAL, App
from watchdog.config import Config, CurrentConfig, Loaded
from watchdog.config.fingerprint import fingerprint_of
from watchdog.core.address import Address
from watchdog.core.decision import Perform, StepEnded
from watchdog.core.errors import GatewayError
from watchdog.core.event import EngineEvent, Life
from watchdog.core.happening import Happening, Publish
from watchdog.core.incident import Phase
from watchdog.core.maintenance import Window
from watchdog.core.notification import Severity, rank
from watchdog.core.observation import Hand
from watchdog.core.playbook import Playbook
from watchdog.core.redaction import redact
from watchdog.core.roster import ComposeOrigin, Known
from watchdog.core.run import Outcome, Result
from watchdog.core.target import Wishes
from watchdog.desk import Desk
from watchdog.desk.proposals import Proposals
from watchdog.engine.aftermath import Switch
from watchdog.engine.black_box import BlackBox
from watchdog.engine.census import Census
from watchdog.engine.dispatcher import Dispatcher, Manners
from watchdog.engine.heartbeat import Heartbeat, Parts
from watchdog.engine.listener import Listener
from watchdog.engine.liveness import Watch
from watchdog.engine.monitor import Monitor
from watchdog.engine.outsiders import Outsiders
from watchdog.engine.reloader import Broken, Reloader
from watchdog.engine.responder import Responder
from watchdog.engine.runner import Runner
from watchdog.engine.scheduler import Scheduler
from watchdog.engine.sights import Sights
from watchdog.engine.stack import Stack
from watchdog.engine.supervisor import Supervisor
from watchdog.engine.weather import Weather
from watchdog.engine.windows import Windows
from watchdog.gateways.journal import Journal
from watchdog.plugins import Tools
from watchdog.surfaces.control import Control
from watchdog.surfaces.web import Web
from watchdog.telemetry.health import Health, Signs
from watchdog.telemetry.logs import log_happening
from watchdog.telemetry.metrics import Metrics
from watchdog.telemetry.view import View
from watchdog.wording import describe_misbehaved, describe_switched_off, words_of

# How soon a new container is compared with its files.
SIGHTS_EVERY = 5.0
# No scrape and no end waits longer for a journal that is busy, or whose disk hangs: they go without it.
JOURNAL_WITHIN = 1.0


async def build(  # noqa: C901, PLR0915 - straight-line on purpose: it only joins
    config: Config,
    state_dir: Path,
    secrets: tuple[str, ...],
    outside: Outside,
    *,
    journal: Journal | None = None,
    load: Callable[[], Loaded] | None = None,
    broken: Broken | None = None,
    listen: Address | None = None,
    heartbeat_url: str = "",
    language: str = "en",
    end: Callable[[int], None] = lambda _: None,
) -> App:
    """Join all parts. Opens the journal (raises `JournalError`) unless given; asks the engine nothing yet.

    `load` reads the configuration again; `broken`: why `config` is the last good one; `listen`: for the web.
    `end` is called with an exit code when the daemon had better be started anew.
    """
    engine, compose, clock, words = outside.engine, outside.compose, outside.clock, words_of(language)
    followers: list[Publish] = [log_happening]

    def publish(happening: Happening) -> None:
        for follower in followers:
            follower(happening)

    def progress(target: str, line: str) -> None:
        publish(Happening(name="step.progress", at=clock.now(), target=target, facts={"line": line}))

    supervisor = Supervisor(clock, publish)
    journal = journal or await Journal.open(state_dir / JOURNAL)
    current = CurrentConfig(config)
    black_box = BlackBox(state_dir)
    switch = Switch(
        journal=journal,
        clock=clock,
        publish=publish,
        changed=lambda: ask_others(),  # noqa: PLW0108 - what is asked is built below
        told=lambda: dispatcher.wake(),  # noqa: PLW0108 - the dispatcher is built below
    )
    names = [check.name for check in config.checks]
    await switch.begin(black_box.found, black_box.trace, fingerprint_of(config), names)

    def heard(event: EngineEvent, hand: Hand, before: Life, target: str | None) -> None:
        case = responder.case(target) if target is not None else None
        incident = case.incident if case is not None else None
        ours = incident is not None and incident.phase in (Phase.ACTING, Phase.VERIFYING)
        stack.heard(event, hand, before, target, busy=ours)

    def wishes(target: str) -> Wishes:
        return current.config.target(target).wishes

    census = Census(engine, compose, clock, journal, wishes, heard=heard)
    tools = Tools(
        engine=engine,
        compose=compose,
        containers=census,
        clock=clock,
        redact=lambda text: redact(text, secrets),
        progress=progress,
    )

    outsiders = Outsiders(
        tools,
        failed=lambda check, why: supervisor.spawn(f"switch off {check}", switch.failed(check, why)),
        lend=black_box.lend,
    )
    foreign = Foreign(outsiders)

    def turned(window: Window) -> None:
        """A window began or is over: what it is for is looked at, as soon as anything can be."""
        for target in census.targets() if listener.connected else ():
            if window.means(target):
                monitor.ask_soon(target)

    windows = Windows(
        journal=journal.windows,
        clock=clock,
        recurring=lambda: current.config.maintenance,
        turned=turned,
        told=lambda: dispatcher.wake(),  # noqa: PLW0108 - the dispatcher is built below
        publish=publish,
    )
    stack = Stack(
        clock=clock,
        cases=lambda: responder,
        known=lambda: census.roster.targets,
        wishes=census.wishes,
        limits=lambda: limits_of(current),
        ask=lambda target: monitor.ask_soon(target),  # noqa: PLW0108 - the monitor is built below
        maintained=lambda target: windows.maintenance_of(target) is not None,
    )

    async def step_ended(target: str, incident: str, outcome: Outcome) -> None:
        case = next((c for c in responder.cases() if c.incident and c.incident.id == incident), None)
        if case is not None:
            await responder.step_ended(case.check, target, StepEnded(incident, outcome))

    runner = Runner(
        journal=journal,
        tools=tools,
        build_action=foreign.action,
        ended=step_ended,
        spawn=supervisor.spawn,
        publish=publish,
        hindrance=outsiders.hindrance,
    )

    def perform(order: Perform) -> None:
        if order.counts:
            stack.began()
        if proposals.approved(order):
            supervisor.spawn(f"admit {order.rung.step.action} on {order.target}", admit(order))
        else:
            runner.begin(order)

    async def admit(order: Perform) -> None:
        try:
            refused = await proposals.admit(order)
        except GatewayError as error:
            # Without its end written down a yes might be used twice: not begun, and looked at again.
            refused = Outcome(result=Result.SKIPPED, reason=f"the yes could not be used up: {error}")
        if refused is None:
            runner.begin(order)
        else:
            await step_ended(order.target, order.incident, refused)

    dispatcher = Dispatcher(
        outbox=journal,
        notifiers=foreign.notifiers(config.notifiers),
        clock=clock,
        publish=publish,
        manners=lambda: Manners(language=language, quiet=current.config.messages.quiet_hours),
        silenced=windows.silenced,
    )

    def severity_of(target: str) -> Severity:
        return max((current.policy(check.name, target).severity for check in current.config.checks), key=rank)

    responder = Responder(
        journal=journal,
        clock=clock,
        policy_of=policies(
            current=current, census=census, stack=stack, responder=lambda: responder, tools=tools, clock=clock
        ),
        ask=lambda target: monitor.ask_soon(target),  # noqa: PLW0108 - the monitor is built below
        perform=perform,
        propose=lambda wanted: supervisor.spawn(f"propose {wanted.proposal}", proposals.propose(wanted)),
        abort=runner.abort,
        told=dispatcher.wake,
        publish=publish,
        stack=stack,
        weather=Weather(
            journal=journal,
            clock=clock,
            sky=stack,
            limits=lambda: current.config.storm,
            severity=severity_of,
            number=lambda: responder.take_number(),  # noqa: PLW0108 - the responder is being built
            ask=lambda target: monitor.ask_soon(target),  # noqa: PLW0108 - the monitor is built below
            told=dispatcher.wake,
            publish=publish,
        ),
    )

    def ask_others() -> None:
        """A check is switched off or on."""
        monitor.replace(foreign.questions(current.config.checks, switch.off))
        for target in census.targets():
            monitor.ask_soon(target)

    monitor = Monitor(
        questions=foreign.questions(config.checks, switch.off),
        tools=tools,
        targets=census.targets,
        receive=responder.receive,
        spawn=supervisor.spawn,
        watch=black_box.watch,
        publish=publish,
    )

    def targets() -> tuple[Known, ...]:
        return tuple(census.roster.targets.values())

    sights = Sights(compose=compose, journal=journal, targets=targets, clock=clock)

    async def arrived() -> None:
        await responder.settle()
        supervisor.spawn("first sights", sights.take())

    async def leave() -> None:
        text = "the engine's socket refused every connection, it may be a stale file: watchdog ends, to be restarted"
        try:
            await asyncio.wait_for(journal.note("engine.refused", text, now=clock.now()), JOURNAL_WITHIN)
        finally:
            end(os.EX_TEMPFAIL)

    listener = Listener(
        stream=engine,
        census=census,
        clock=clock,
        ask=monitor.ask_soon,
        arrived=arrived,
        publish=publish,
        longest_wait=config.engine.reconnect_longest,
        refused_longest=config.engine.refused_exit,
        stale=lambda: supervisor.spawn("leave", leave()),
    )
    scheduler = Scheduler(supervisor.spawn)
    scheduler.every(config.sweep, "sweep", listener.sweep)
    scheduler.every(SIGHTS_EVERY, "first sights", sights.take)
    longest_look = max([config.engine.call_within, *(check.within for check in config.checks)])
    heartbeat = Heartbeat(
        url=heartbeat_url,
        pace=config.heartbeat.fitting(longest_look),
        parts=Parts(
            monitor=monitor,
            receive=responder.receive,
            engine=listener,
            journal=journal,
            dispatcher=dispatcher,
        ),
        caller=outside.caller,
        clock=clock,
        redact=tools.redact,
        publish=publish,
        words=words,
    )

    def degraded() -> tuple[str, ...]:
        froze = (describe_switched_off(check, words) for check in switch.froze)
        misbehaved = (describe_misbehaved(check, words) for check in switch.misbehaved)
        return (*froze, *misbehaved, *heartbeat.degraded())

    async def put_in_force(new: Config) -> None:
        # What froze or went wrong under another configuration may be asked again.
        await switch.turn_over(fingerprint_of(new), [check.name for check in new.checks])
        outsiders.forgive()
        with suppress(GatewayError):
            await journal.let_go_of_the_past()
        dispatcher.replace(foreign.notifiers(new.notifiers))
        windows.look()
        scheduler.every(new.sweep, "sweep", listener.sweep)
        ask_others()

    reloader = Reloader(
        load=load or (lambda: Loaded(config=config, path="", files={})),
        current=current,
        journal=journal,
        incidents=lambda: tuple(case.incident for case in responder.cases() if case.incident is not None),
        put_in_force=put_in_force,
        told=dispatcher.wake,
        clock=clock,
        publish=publish,
        broken=broken,
    )
    health = Health(
        Signs(
            connected=lambda: listener.connected,
            swept=lambda: listener.swept,
            sweep=lambda: current.config.sweep,
            config_broken=lambda: reloader.broken is not None,
            reload_ok=lambda: reloader.latest is None or reloader.latest.ok,
            switched_off=lambda: bool(switch.off),
            write=journal.beat,
        ),
        clock,
    )
    metrics = Metrics(
        View(
            targets=census.targets,
            checks=lambda: [check.name for check in current.config.checks],
            playbooks=lambda: current.config.playbooks,
            notifiers=dispatcher.names,
            cases=responder.cases,
            connected=lambda: listener.connected,
            swept=lambda: listener.swept,
            config_ok=lambda: reloader.ok,
            config_read=lambda: reloader.read,
            switched_off=lambda: switch.off,
            maintained=lambda target: windows.maintenance_of(target) is not None,
            silenced=lambda target: windows.silenced(target) is not None,
        )
    )

    async def scrape() -> bytes:
        depths: dict[str, int] = {}
        with suppress(GatewayError, TimeoutError):
            async with asyncio.timeout(JOURNAL_WITHIN):
                depths = await journal.depths(dispatcher.names())
        return metrics.render(depths)

    def playbook_of(name: str) -> Playbook | None:
        return current.config.playbooks.get(name)

    proposals = Proposals(
        responder=responder,
        journal=journal,
        playbook=playbook_of,
        lasts=lambda: current.config.proposals.expire,
        build_action=foreign.action,
        tools=tools,
        publish=publish,
    )
    desk = Desk(
        responder=responder,
        monitor=monitor,
        journal=journal,
        current=current,
        reloader=reloader,
        health=health.report,
        degraded=degraded,
        tools=tools,
        proposals=proposals,
        windows=windows,
        engine=listener,
        build_action=foreign.action,
        switch=switch,
        words=words,
    )
    control = Control(desk, state_dir / "control.sock")
    web = Web(listen, health.report, scrape)

    async def settle(origin: ComposeOrigin) -> None:
        with suppress(GatewayError):
            await compose.settled(origin)  # what was built has proved itself: nothing is to be put back

    def close_run(happening: Happening) -> None:
        if happening.name in ("incident.resolved", "incident.escalated") and happening.incident:
            result = happening.name.removeprefix("incident.")
            current.forget(happening.incident)
            origin = census.origin_of(happening.target) if happening.target else None
            if happening.name == "incident.resolved" and origin is not None:
                supervisor.spawn("settle a rebuild", settle(origin))
            supervisor.spawn("close the run", runner.finish(happening.incident, result))

    followers.extend((control.follow, close_run, heartbeat.follow, metrics.follow, health.follow))
    return App(
        journal=journal,
        census=census,
        responder=responder,
        listener=listener,
        dispatcher=dispatcher,
        scheduler=scheduler,
        supervisor=supervisor,
        desk=desk,
        proposals=proposals,
        sights=sights,
        control=control,
        web=web,
        reloader=reloader,
        stack=stack,
        windows=windows,
        outsiders=outsiders,
        publish=publish,
        clock=clock,
        heartbeat=heartbeat,
        black_box=black_box,
        watch=Watch(config.liveness.freeze, black_box.words),
        degraded=degraded,
    )
