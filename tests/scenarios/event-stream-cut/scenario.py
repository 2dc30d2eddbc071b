"""An event stream that breaks, in the middle of a line too, hides nothing: not what fell, and not whose hand it was."""

from tests.scenarios.proxy import EngineProxy, Road
from tests.scenarios.stage import START, STOP, Stage, seconds_at, sum_acts

# Longer than all of this takes: what is found is not found by the sweep.
SWEEP = 60.0


def scenario(stage: Stage) -> None:
    """Given a stream that breaks, when things happen meanwhile, then what fell is healed and what was stopped is held."""
    stage.up()
    with EngineProxy(stage.work / "engine.sock") as proxy:
        stage.start_daemon()
        stage.watching("app", "stopped", "restarted", "removed", "half", "neighbour")
        before = stage.mark()

        cut_in_the_middle_of_a_line(stage, proxy, before)
        while_it_is_cut(stage, proxy)
        for service in ("app", "half"):
            stage.incident_of(service, "resolved", within=30)
        stage.only(
            before,
            app=START,
            half=START,
            stopped=STOP,
            restarted=sum_acts(STOP, START, {"restart": 1}),
            removed={"kill": 1, "destroy": 1},
        )
        stage.only_incidents(("app", "healed"), ("half", "healed"))
        stage.alive()
        stage.expect("it stops cleanly", stage.daemon.end() == 0)


def cut_in_the_middle_of_a_line(stage: Stage, proxy: EngineProxy, before: float) -> None:
    """The line that tells of the death arrives by half."""
    proxy.cut_next_event()
    stage.crash("half")
    died = stage.engine.await_event("half", "die", after=before)
    started = stage.engine.await_event("half", "start", after=died.at, within=10)
    stage.timing.detect = seconds_at(stage.incidents("half")[0]["opened"]) - died.at
    stage.timing.heal = started.at - died.at
    stage.expect(f"{stage.timing.heal:.1f} s, not the next sweep", stage.timing.heal < SWEEP / 10)
    stage.expect("the stream was lost, and found again", '"engine.lost"' in stage.daemon.log())


def while_it_is_cut(stage: Stage, proxy: EngineProxy) -> None:
    """For seconds nothing is heard: one falls, the others are people's doing."""
    proxy.be(Road.REFUSE)
    cut = stage.mark()
    stage.crash("app")
    ids = {name: stage.container(name) for name in ("stopped", "restarted", "removed")}
    stage.docker_at_once(
        ("stop", ids["stopped"]), ("restart", ids["restarted"]), ("rm", "-f", ids["removed"])
    )
    stage.expect("nobody is started meanwhile", not stage.engine.told("app", "start", after=cut))
    proxy.be(Road.PASS)
    back = stage.mark()
    started = stage.engine.await_event("app", "start", after=back, within=10)
    for service in ("stopped", "removed"):
        stage.standing(service, "held", within=10)
    stage.standing("restarted", "well", within=10)
    healed = stage.incident_of("app", "resolved", within=30)
    stage.timing.verify = seconds_at(healed["resolved"]) - started.at
