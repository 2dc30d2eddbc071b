"""Well and sick by turns is one incident: touched no more than three times, and closed when it is steady."""

from pathlib import Path

from tests.scenarios.stage import START, STOP, Stage, seconds_at, sum_acts

ACTIONS = 3
STEADY = 14.0


def scenario(stage: Stage) -> None:
    """Given a service that falls ill again whenever it was well, then it is restarted three times, not for ever."""
    ill = stage.work / "outside" / "ill"
    ill.parent.mkdir(mode=0o755)
    stage.up()
    stage.start_daemon()
    stage.watching("app", "neighbour")
    before = stage.mark()

    for turn in range(1, ACTIONS + 1):
        ill.touch()
        sick = stage.engine.await_event("app", "health_status", after=before, within=10, count=2 * turn - 1)
        restarted = stage.engine.await_event("app", "start", after=before, within=10, count=turn)
        if turn == 1:
            stage.timing.heal = restarted.at - sick.at
        ill.unlink()
        well = stage.engine.await_event("app", "health_status", after=restarted.at, within=10)
        stage.expect("well again", well.attributes["health"] == "healthy")
        stage.standing("app", lambda row: row["status"] == "ok", within=5)
    it_is_told_and_left_alone(stage, ill, before)
    it_is_closed_when_steady(stage, ill)
    stage.only(before, app=sum_acts(*[STOP, START] * ACTIONS))
    # Its last turn it made by itself.
    stage.only_incidents(("app", "recovered"))
    told = stage.tellings("app")
    stage.expect(f"one trouble, told as one: {told}", told == ["opened", "flapping", "recovered"])
    stage.alive()


def it_is_told_and_left_alone(stage: Stage, ill: Path, before: float) -> None:
    """The fourth time it is known to flap, people are told, and it is not restarted a fourth time."""
    ill.touch()
    sick = stage.engine.await_event("app", "health_status", after=before, within=10, count=2 * ACTIONS + 1)
    stage.wait("told", lambda: stage.daemon.notifications("app", "flapping"), 5)
    told = stage.told("app", "flapping")
    stage.timing.detect = seconds_at(told["timestamp"]) - sick.at
    stage.let_pass(8)
    row = stage.standing("app", "waiting")
    stage.expect(f"it says why: {row['reason']}", "flapping" in row["reason"])
    stage.daemon.kill()
    stage.start_daemon()
    stage.standing("app", lambda row: row["status"] == "critical")
    stage.let_pass(3)
    stage.expect("also after SIGKILL", len(stage.engine.told("app", "start", after=before)) == ACTIONS)


def it_is_closed_when_steady(stage: Stage, ill: Path) -> None:
    """10 s of health are not enough any more."""
    ill.unlink()
    well = stage.engine.await_event("app", "health_status", after=stage.mark() - 1, within=10)
    healed = stage.incident_of("app", "resolved", within=STEADY + 30)
    stage.timing.verify = seconds_at(healed["resolved"]) - well.at
    stage.expect(f"steady for {stage.timing.verify:.1f} s", stage.timing.verify >= STEADY - 0.5)
