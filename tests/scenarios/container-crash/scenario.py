"""A crashed container comes back at once, proves itself for 10 s, and its story is in the journal."""

from tests.scenarios.stage import Stage

SMOKE = True


def scenario(stage: Stage) -> None:
    """Given a healthy stack, when a process dies inside, then it is started, verified, and told."""
    stage.up()
    stage.start_daemon()
    stage.watching("app", "neighbour")
    before = stage.mark()

    stage.inside("app", "kill -9 $(cat /proc/1/task/1/children)")

    died = stage.await_event("app", "die", after=before)
    started = stage.await_event("app", "start", after=died.at)
    stage.timing.heal = started.at - died.at
    stage.expect("it came back within 5 s", stage.timing.heal < 5)
    incident = stage.incident_ends("app", within=40)
    stage.timing.verify = incident["seconds"]

    stage.expect("it was healed, not merely seen well", incident["ending"] == "healed")
    stage.expect("health was watched for 10 s", incident["seconds"] >= 10)
    stage.expect("exactly one incident", len(stage.incidents()) == 1)
    stage.expect("one start and nothing else", len(stage.told("app", "start", after=before)) == 1)
    stage.expect("no stop", not stage.told("app", "kill", after=before))
    stage.expect("the neighbour was left alone", not stage.told("neighbour", "start", after=before))
    kept = [line for moment in stage.story(incident["id"])["timeline"] for line in moment["evidence"]]
    stage.expect("the log lines are kept", "serving" in kept)
    stage.alive()
    stage.expect("it stops cleanly", stage.stop_daemon() == 0)
