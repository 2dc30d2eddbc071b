"""Every part is built here, once, and joined by plain callables.

Straight-line on purpose: what depends on what is read from top to bottom.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from watchdog.app.foreign import Foreign
from watchdog.app.front import WebFront
from watchdog.app.jobs import Jobs
from watchdog.app.judging import ask_regularly, follow_others, limits_of, policies, watch_weather
from watchdog.app.outside import Outside
from watchdog.app.parts import JOURNAL, App
from watchdog.app.people import open_to_people
from watchdog.app.shown import closing, leave, show, tell_absence, troubles_of
from watchdog.app.steps import Steps
from watchdog.config import Config, CurrentConfig, Loaded
from watchdog.config.fingerprint import fingerprint_of
from watchdog.core.address import Address
from watchdog.core.errors import GatewayError
from watchdog.core.happening import Happening, Publish
from watchdog.core.maintenance import Window
from watchdog.core.redaction import redact
from watchdog.engine.aftermath import Switch
from watchdog.engine.black_box import BlackBox
from watchdog.engine.census import Census
from watchdog.engine.clockwork import Clockwork
from watchdog.engine.dispatcher import Dispatcher, Manners
from watchdog.engine.heartbeat import Heartbeat, Parts
from watchdog.engine.listener import Listener
from watchdog.engine.liveness import Watch
from watchdog.engine.monitor import Monitor
from watchdog.engine.outsiders import Outsiders
from watchdog.engine.reloader import Broken, Reloader
from watchdog.engine.responder import Responder
from watchdog.engine.runner import Runner
from watchdog.engine.safekeeping import Safekeeping
from watchdog.engine.scheduler import Scheduler
from watchdog.engine.sights import Sights
from watchdog.engine.stack import Stack
from watchdog.engine.supervisor import Supervisor
from watchdog.engine.windows import Windows
from watchdog.gateways.journal import Journal
from watchdog.plugins import Tools
from watchdog.telemetry.logs import log_happening
from watchdog.wording import words_of

# Seconds: how soon a new container is compared with its files, how often what is old is looked for.
SIGHTS_EVERY, FORGET_EVERY = 5.0, 3600.0


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

    def ask(target: str) -> None:
        monitor.ask_soon(target)

    def tell() -> None:
        dispatcher.wake()

    supervisor = Supervisor(clock, publish)
    journal = journal or await Journal.open(state_dir / JOURNAL)
    current = CurrentConfig(config)
    black_box = BlackBox(state_dir)
    switch = Switch(
        journal=journal,
        clock=clock,
        publish=publish,
        changed=lambda: ask_others(),  # noqa: PLW0108 - what is asked is built below
        told=tell,
    )
    names = [check.name for check in config.checks]
    await switch.begin(black_box.found, black_box.trace, fingerprint_of(config), names)
    jobs = Jobs(current, journal, clock, secrets=secrets, ask=ask, publish=publish, stores=outside.stores)
    front = WebFront(outside, journal=journal, told=tell, spawn=supervisor.spawn, publish=publish)
    follow = follow_others(lambda: stack, lambda: responder)
    census = Census(engine, compose, clock, journal, current.wishes, heard=follow)
    tools = Tools(
        engine=engine,
        compose=compose,
        containers=census,
        clock=clock,
        redact=lambda text: redact(text, secrets),
        progress=progress,
        check_ins=jobs.check_ins,
        diagnoses=jobs.rules,
        disks=jobs.disks,
        front=front.tools,
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

    safekeeping = Safekeeping(
        opening=journal.opening,
        durability=lambda: journal.durability,
        clock=clock,
        tell=journal.tell,
        told=tell,
        spawn=supervisor.spawn,
        publish=publish,
        end=lambda: end(os.EX_TEMPFAIL),
    )
    journal.follow(safekeeping.changed)
    windows = Windows(
        journal=journal.windows,
        clock=clock,
        recurring=lambda: current.config.maintenance,
        turned=turned,
        told=tell,
        publish=publish,
    )
    stack = Stack(
        clock=clock,
        cases=lambda: responder,
        known=lambda: census.roster.targets,
        wishes=census.wishes,
        limits=lambda: limits_of(current),
        ask=ask,
        maintained=lambda target: windows.maintenance_of(target) is not None,
        gentle=safekeeping.gentle,
        in_memory=safekeeping.in_memory,
    )
    steps = Steps(
        responder=lambda: responder,
        proposals=lambda: proposals,
        runner=lambda: runner,
        stack=stack,
        spawn=supervisor.spawn,
        begins=front.step_begins,
    )
    runner = Runner(
        journal=journal,
        tools=tools,
        build_action=foreign.action,
        ended=steps.ended,
        spawn=supervisor.spawn,
        publish=publish,
        hindrance=outsiders.hindrance,
    )
    dispatcher = Dispatcher(
        outbox=journal,
        notifiers=foreign.notifiers(config.notifiers),
        clock=clock,
        publish=publish,
        manners=lambda: Manners(language=language, quiet=current.config.messages.quiet_hours),
        silenced=windows.silenced,
        redact=tools.redact,
    )
    weather = watch_weather(
        journal=journal,
        clock=clock,
        stack=stack,
        current=current,
        responder=lambda: responder,
        ask=ask,
        told=tell,
        publish=publish,
    )
    responder = Responder(
        journal=journal,
        clock=clock,
        policy_of=policies(
            current=current, census=census, stack=stack, responder=lambda: responder, tools=tools, clock=clock
        ),
        ask=ask,
        perform=steps.perform,
        propose=lambda wanted: supervisor.spawn(f"propose {wanted.proposal}", proposals.propose(wanted)),
        abort=runner.abort,
        told=dispatcher.wake,
        publish=publish,
        spawn=supervisor.spawn,
        stack=stack,
        weather=weather,
    )

    def look_around() -> None:
        for target in monitor.own_targets():
            ask(target)

    def ask_others() -> None:
        """A check is switched off or on."""
        monitor.replace(foreign.questions(current.config.checks, switch.off))
        for target in monitor.targets():
            ask(target)

    monitor = Monitor(
        questions=foreign.questions(config.checks, switch.off),
        tools=tools,
        targets=census.targets,
        receive=responder.receive,
        spawn=supervisor.spawn,
        watch=black_box.watch,
        publish=publish,
    )
    sights = Sights(
        compose=compose, journal=journal, targets=lambda: tuple(census.roster.targets.values()), clock=clock
    )

    async def arrived() -> None:
        await responder.settle()
        supervisor.spawn("first sights", sights.take())

    async def forget() -> None:
        with suppress(GatewayError):
            await journal.forget(current.config.journal.keep, dispatcher.names(), clock.now())

    listener = Listener(
        stream=engine,
        census=census,
        clock=clock,
        ask=monitor.ask_soon,
        arrived=arrived,
        publish=publish,
        longest_wait=config.engine.reconnect_longest,
        refused_longest=config.engine.refused_exit,
        stale=lambda: supervisor.spawn("leave", leave(journal, clock, end)),
    )
    scheduler = Scheduler(supervisor.spawn)
    ask_regularly(current, scheduler, monitor, listener)
    tell_absence(scheduler, listener, journal, clock, tell)
    scheduler.every(SIGHTS_EVERY, "first sights", sights.take)
    clockwork = Clockwork(clock=clock, note=journal.note, publish=publish, jumped=scheduler.realign)
    scheduler.every(FORGET_EVERY, "forget the past", forget)
    jobs.keep_disks(scheduler)
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

    degraded = troubles_of(switch, heartbeat, words)

    async def put_in_force(new: Config) -> None:
        # What froze or went wrong under another configuration may be asked again.
        await switch.turn_over(fingerprint_of(new), [check.name for check in new.checks])
        outsiders.forgive()
        with suppress(GatewayError):
            await journal.let_go_of_the_past()
        dispatcher.replace(foreign.notifiers(new.notifiers))
        windows.look()
        await jobs.expect()
        ask_regularly(current, scheduler, monitor, listener)
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
    health, metrics, scrape = show(
        journal=journal,
        current=current,
        census=census,
        responder=responder,
        dispatcher=dispatcher,
        listener=listener,
        reloader=reloader,
        switch=switch,
        windows=windows,
        safekeeping=safekeeping,
        clock=clock,
    )

    proposals, desk, control, web = open_to_people(
        state_dir=state_dir,
        listen=listen,
        journal=journal,
        current=current,
        responder=responder,
        monitor=monitor,
        listener=listener,
        reloader=reloader,
        windows=windows,
        switch=switch,
        foreign=foreign,
        health=health,
        scrape=scrape,
        degraded=degraded,
        check_ins=jobs.check_ins,
        tools=tools,
        publish=publish,
        words=words,
    )
    close_run = closing(current, census, compose.settled, runner, supervisor.spawn)
    followers += (control.follow, close_run, front.follow, heartbeat.follow, metrics.follow, health.follow)
    return App(
        journal=journal, census=census, responder=responder, listener=listener, dispatcher=dispatcher,
        scheduler=scheduler, supervisor=supervisor, desk=desk, proposals=proposals, sights=sights, control=control,
        web=web, reloader=reloader, stack=stack, windows=windows, safekeeping=safekeeping, outsiders=outsiders,
        clockwork=clockwork, weather=weather, look_around=look_around, jobs=jobs, front=front, publish=publish, clock=clock, heartbeat=heartbeat, black_box=black_box, watch=Watch(config.liveness.freeze, black_box.words), degraded=degraded,
    )  # fmt: skip
