"""A crashed container comes back at once, proves itself for 10 s, and its story is in the journal."""

from tests.scenarios.stage import START, Stage, seconds_at

SMOKE = True


def scenario(stage: Stage) -> None:
    """Given a healthy stack, when a process dies inside, then it is started, verified, and told."""
    stage.up()
    stage.start_daemon()
    stage.watching("app", "neighbour")
    before = stage.mark()

    stage.crash("app")

    died = stage.engine.await_event("app", "die", after=before)
    started = stage.engine.await_event("app", "start", after=died.at, within=5)
    incident = stage.incident_of("app", "resolved", within=40)
    stage.timing.detect = seconds_at(incident["opened"]) - died.at
    stage.timing.heal = started.at - died.at
    stage.timing.verify = seconds_at(incident["resolved"]) - started.at

    stage.expect("it was seen within 1 s", stage.timing.detect < 1)
    stage.expect("it came back within 2 s", stage.timing.heal < 2)
    stage.expect("health was watched for 10 s", stage.timing.verify >= 9.9)
    stage.only(before, app=START)
    stage.only_incidents(("app", "healed"))
    stage.expect("told when it began and when it ended", stage.tellings("app") == ["opened", "healed"])
    kept = [line for moment in stage.story(incident["id"]) for line in moment["evidence"]]
    stage.expect("the log lines are kept", "serving" in kept)
    stage.alive()
    stage.expect("it stops cleanly", stage.daemon.end() == 0)
