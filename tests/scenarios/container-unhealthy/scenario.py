"""An unhealthy container is stopped and started until it is healthy for 10 s; a slow starter is waited for."""

from tests.scenarios.stage import START, STOP, Stage, seconds_at, sum_acts


def scenario(stage: Stage) -> None:
    """Given a stack with a slow starter, when a healthcheck fails, then that one is stopped and started."""
    stage.up("app", "neighbour")
    stage.start_daemon()
    stage.watching("app", "neighbour")
    before = stage.mark()
    stage.compose("up", "-d", "slow")
    slow = stage.standing("slow", "moving", within=10)
    stage.expect("a slow starter is moving, not sick", slow["finding"]["kind"] == "starting")

    stage.inside("app", "rm /tmp/well")

    sick = stage.engine.await_event("app", "health_status", after=before, within=15)
    stage.expect("its healthcheck fails", sick.attributes["health"] == "unhealthy")
    stopped = stage.engine.await_event("app", "stop", after=sick.at, within=5)
    started = stage.engine.await_event("app", "start", after=stopped.at, within=5)
    well = stage.engine.await_event("app", "health_status", after=started.at, within=10)
    incident = stage.incident_of("app", "resolved", within=40)
    stage.timing.detect = seconds_at(incident["opened"]) - sick.at
    stage.timing.heal = started.at - sick.at
    stage.timing.verify = seconds_at(incident["resolved"]) - started.at
    grown_up = stage.standing("slow", lambda row: row["finding"]["kind"] == "healthy", within=30)

    stage.expect("it was seen within 1 s", stage.timing.detect < 1)
    stage.expect("it was up again within 3 s", stage.timing.heal < 3)
    stage.expect("the slow starter is well", grown_up["state"] == "well")
    stage.expect(
        "healthy for 10 s, and not counted from before its healthcheck said so",
        seconds_at(incident["resolved"]) - well.at >= 9.5,
    )
    opened = next(line for line in stage.story(incident["id"]) if line["kind"] == "told")
    stage.expect("told what is wrong", "healthcheck fails" in opened["text"])
    stage.only(before, app=sum_acts(STOP, START), slow={"create": 1, "start": 1})
    stage.only_incidents(("app", "healed"))
    stage.expect("told when it began and when it ended", stage.tellings("app") == ["opened", "healed"])
    stage.alive()
