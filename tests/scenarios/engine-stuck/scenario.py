"""An engine that hangs, drips or is away: all is unknown in time, nothing is done, and no death is missed."""

import time

from tests.scenarios.proxy import EngineProxy, Road
from tests.scenarios.stage import START, Stage

OUTAGES = (Road.SWALLOW, Road.DRIP, Road.REFUSE)
SERVICES = (*(road.value for road in OUTAGES), "cut", "neighbour")
SWEEP, CALL, RECONNECT = 6.0, 2.0, 1.0
# A busy machine's share.
SLACK = 2.0


def scenario(stage: Stage) -> None:
    """Given a daemon behind a road to the engine, when the road is blocked in every way, then it waits."""
    with EngineProxy(stage.work / "engine.sock") as proxy:
        stage.up()
        stage.start_daemon()
        stage.watching(*SERVICES)
        before = stage.mark()

        event_stream_is_cut(stage, proxy)
        heals = [outage(stage, proxy, road) for road in OUTAGES]

        shown = ", ".join(f"{road} {heal:.2f}" for road, heal in zip(OUTAGES, heals, strict=True))
        print(f"seconds from the return of the engine to the start: {shown}")
        stage.timing.heal = max(heals)
        crashed = ("cut", *(road.value for road in OUTAGES))
        for service in crashed:
            stage.incident_of(service, "resolved")
            told = stage.tellings(service)
            stage.expect(f"{service}: told when it began and ended: {told}", told == ["opened", "healed"])
        stage.only(before, **dict.fromkeys(crashed, START))
        stage.only_incidents(*((service, "healed") for service in crashed))
        stage.alive()
        stage.expect("it stops cleanly", stage.daemon.end() == 0)


def event_stream_is_cut(stage: Stage, proxy: EngineProxy) -> None:
    """The stream ends in the middle of the word that tells of a death."""
    proxy.cut_next_event()
    stage.crash("cut")
    died = stage.engine.await_event("cut", "die")
    started = stage.engine.await_event("cut", "start", after=died.at, within=10)
    stage.expect("healed at once all the same", started.at - died.at < RECONNECT + SLACK)


def outage(stage: Stage, proxy: EngineProxy, road: Road) -> float:
    """Block the road, let one die, open it again; the seconds from then until it is up."""
    victim = road.value
    incidents = len(stage.incidents())
    blocked = stage.mark()
    began = time.monotonic()
    proxy.be(road)
    stage.crash(victim)
    for service in SERVICES:
        stage.standing(service, lambda row: row["status"] == "unknown", within=SWEEP + 2 * CALL + SLACK)
    stage.timing.detect = max(stage.timing.detect or 0, time.monotonic() - began)

    asked = time.monotonic()
    status = stage.daemon.ask("/status", patience=5)
    stage.expect(f"{road}: it answers within 1 s", time.monotonic() - asked < 1)
    stage.expect(f"{road}: it says so", status and not status["well"] and not status["engine"]["connected"])
    stage.expect(f"{road}: with the reason", status and status["engine"]["lost_because"])
    stage.let_pass(SWEEP / 2)
    stage.expect(f"{road}: no incident", len(stage.incidents()) == incidents)
    stage.only(blocked)

    opened = stage.mark()
    proxy.be(Road.PASS)
    started = stage.engine.await_event(victim, "start", after=opened, within=15)
    stage.expect(
        f"{road}: healed {started.at - opened:.1f} s after the return",
        started.at - opened < RECONNECT + SLACK,
    )
    for service in SERVICES:
        stage.standing(service, lambda row: row["status"] == "ok", within=10)
    # Targets are looked at again at once; that the engine is well is believed after the next list.
    stage.wait(
        f"{road}: connected again",
        lambda: (stage.daemon.ask("/status") or {}).get("engine", {}).get("connected"),
        SWEEP + SLACK,
    )
    return started.at - opened
