"""What has finished is left alone, and where a restart policy exists the engine has its turn."""

from tests.scenarios.stage import START, Stage

SMOKE = True
DONE = ("done", "done-on-failure")
SWEEP = 5.0


def scenario(stage: Stage) -> None:
    """Given four services, when two finish and two fail once, then the engine does its part and we none."""
    stage.up()
    stage.start_daemon()
    stage.watching(*DONE, "fails-once", "crashes-once")
    before = stage.mark()

    for service in (*DONE, "fails-once"):
        stage.inside(service, "touch /tmp/gate")
    stage.crash("crashes-once")

    for service in DONE:
        died = stage.engine.await_event(service, "die", after=before, within=5)
        stage.expect("it ended with 0", died.attributes["exitCode"] == "0")
        row = stage.standing(service, lambda row: row["finding"]["kind"] == "finished", within=5)
        stage.expect("finished is well", row["state"] == "well")
    for service in ("fails-once", "crashes-once"):
        died = stage.engine.await_event(service, "die", after=before, within=5)
        stage.engine.await_event(service, "start", after=died.at, within=5)
    stage.let_pass(2 * SWEEP)

    # The engine counts its own restarts, and ours set its count back to 0.
    for service in ("fails-once", "crashes-once"):
        stage.expect(f"{service} was restarted by the engine", stage.state(service)["RestartCount"] == 1)
        stage.standing(service, "well", within=5)
    stage.only(before, fails_once=START, crashes_once=START)
    stage.only_incidents()
    stage.expect("nobody was told anything", not stage.daemon.notifications())
    for service in DONE:
        stage.expect("it is still down", stage.status_of(service) == "exited")
    stage.alive()
