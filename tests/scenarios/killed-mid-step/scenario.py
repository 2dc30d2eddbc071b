"""The daemon dies in the middle of a step, and again while it verifies: nothing is lost, nothing done twice."""

from tests.scenarios.stage import START, STOP_WEDGED, Stage, seconds_at, sum_acts

STOP_TIMEOUT = 6.0
# A step that was cut short is done once more: a second stop on top of the first does no harm.
REPEATED = sum_acts(STOP_WEDGED, START, {"kill": 1, "stop": 1})


def scenario(stage: Stage) -> None:
    """Given a wedged container, when the daemon is killed while it stops it, then its successor starts it."""
    stage.up()
    stage.start_daemon()
    stage.watching("app", "other", "neighbour")
    before = stage.mark()

    incident = killed_during_the_stop(stage, before)
    killed_while_verifying(stage, incident)
    ended_during_the_stop(stage)
    stage.only(before, app=sum_acts(STOP_WEDGED, START), other=REPEATED)
    stage.only_incidents(("app", "healed"), ("other", "healed"))
    stage.alive()


def killed_during_the_stop(stage: Stage, before: float) -> str:
    """SIGKILL between the signal and the death it causes; the engine goes on with the stop all the same."""
    stage.inside("app", "rm /tmp/well")
    asked = stage.engine.await_event("app", "kill", after=before, within=15)
    stage.let_pass(1)
    incident = stage.incidents("app")[-1]
    stage.daemon.kill()
    stopped = stage.engine.await_event("app", "stop", after=asked.at, within=STOP_TIMEOUT + 4)
    stage.expect("nobody starts it meanwhile", not stage.engine.told("app", "start", after=before))

    stage.start_daemon()
    back = stage.mark()

    started = stage.engine.await_event("app", "start", after=stopped.at, within=10)
    stage.timing.heal = started.at - stopped.at
    stage.expect("started at once after the return", started.at - back < 2)
    taken_up = stage.incident_of("app", "verifying", within=5)
    stage.expect("it is the same incident", taken_up["id"] == incident["id"])
    return str(incident["id"])


def killed_while_verifying(stage: Stage, incident: str) -> None:
    """SIGKILL just after the start, then SIGTERM: who comes next watches for the whole 10 s, and acts no more."""
    stage.daemon.kill()
    stage.start_daemon()
    stage.watching("app")
    stage.expect("it ends with 0", stage.daemon.end() == 0)
    stage.start_daemon()
    returned = stage.mark()
    healed = stage.incident_of("app", "resolved", within=40)
    stage.timing.verify = seconds_at(healed["resolved"]) - returned
    stage.expect("it is the same incident still", healed["id"] == incident)
    stage.expect("nobody was watching, so health counts from the return", stage.timing.verify >= 9)
    stage.expect(
        f"told when it began and when it ended: {stage.tellings('app')}",
        stage.tellings("app") == ["opened", "healed"],
    )
    results = [step["result"] for step in stage.steps(incident)]
    stage.expect(
        f"the step that was cut short is known as such: {results}", results == ["interrupted", "done"]
    )


def ended_during_the_stop(stage: Stage) -> None:
    """SIGTERM instead: it ends in time with 0, and its successor takes the stop for its predecessor's."""
    before = stage.mark()
    stage.inside("other", "rm /tmp/well")
    asked = stage.engine.await_event("other", "kill", after=before, within=15)
    stage.let_pass(1)
    stage.expect("it ends with 0", stage.daemon.end() == 0)
    # The successor is there before the stop is over: it must not take it for a person's.
    stage.start_daemon()
    stopped = stage.engine.await_event("other", "stop", after=asked.at, within=STOP_TIMEOUT + 4)
    started = stage.engine.await_event("other", "start", after=stopped.at, within=10)
    stage.expect("it was started at once", started.at - stopped.at < 3)
    stage.incident_of("other", "resolved", within=40)
    told = stage.tellings("other")
    stage.expect(f"told when it began and when it ended: {told}", told == ["opened", "healed"])
