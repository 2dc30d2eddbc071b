"""`compose down`, `up`, a new container, scale 0, somebody's update: it stands aside, and is back when they are done."""

from tests.scenarios.stage import REPLACE, START, STOP, Stage, seconds_at, sum_acts

QUIET = 6.0
SWEEP = 5.0
DOWN = sum_acts(STOP, {"destroy": 1})
UP = {"create": 1, "start": 1}


def scenario(stage: Stage) -> None:
    """Given a project, when people take it down, bring it up, replace and scale it, then no step of ours is among it."""
    outside = stage.work / "outside"
    outside.mkdir(mode=0o755)
    stage.up()
    stage.start_daemon()
    stage.watching("app", "db", "worker", "late")

    down_and_up(stage)
    replaced_all_at_once(stage)
    scaled(stage)
    an_update_under_way(stage)
    stage.only_incidents(("app", "healed"), ("late", "healed"))
    stage.alive()


def down_and_up(stage: Stage) -> None:
    """Down is down, for as long as they like; up gives all of it back."""
    before = stage.mark()
    stage.compose("down", "-t", "2")
    for service in ("app", "db", "worker", "late"):
        row = stage.standing(service, "held", within=10)
        stage.expect(f"{service} is held: {row['hold']}", row["hold"]["act"] == "removed")
    stage.let_pass(SWEEP + 2)
    stage.only(before, app=DOWN, db=DOWN, worker=DOWN, late=DOWN)
    back = stage.mark()
    stage.compose("up", "-d")
    for service in ("app", "db", "worker", "late"):
        stage.standing(service, "well", within=10)
    stage.only(back, app=UP, db=UP, worker=UP, late=UP)


def replaced_all_at_once(stage: Stage) -> None:
    """New containers for all: nothing is news, and nothing is healed."""
    for service in ("app", "db", "worker", "late"):
        stage.tellings(service)  # that they are looked after again may still be on its way
    before, told = stage.mark(), len(stage.daemon.notifications())
    stage.compose("up", "-d", "--force-recreate", "-t", "1")
    for service in ("app", "db", "worker", "late"):
        stage.standing(service, "well", within=10)
    stage.let_pass(2)
    replaced = sum_acts(STOP, REPLACE)
    stage.only(before, app=replaced, db=replaced, worker=replaced, late=replaced)
    news = stage.daemon.notifications()[told:]
    stage.expect(f"nobody was told: {news}", not news)


def scaled(stage: Stage) -> None:
    """To none, which is held, and back to two, each of which is watched."""
    before = stage.mark()
    stage.compose("up", "-d", "--scale", "worker=0", "-t", "1")
    stage.standing("worker", "held", within=10)
    stage.let_pass(SWEEP + 1)
    stage.only(before, worker=DOWN)
    before = stage.mark()
    stage.compose("up", "-d", "--scale", "worker=2", "-t", "1")
    for replica in ("worker", "worker#2"):
        stage.standing(replica, "well", within=10)
    stage.only(before, worker=sum_acts(UP, UP))


def an_update_under_way(stage: Stage) -> None:
    """A new container falls right after a person started it: they are given a while. Who is not concerned is healed at once."""
    (stage.work / "outside" / "broken").touch()
    before = stage.mark()
    stage.compose("up", "-d", "--no-deps", "--force-recreate", "-t", "1", "late")
    theirs = stage.engine.await_event("late", "start", after=before)
    stage.crash("app")
    died = stage.engine.await_event("app", "die", after=before)
    app = stage.engine.await_event("app", "start", after=died.at, within=5)
    stage.timing.heal = app.at - died.at
    stage.standing("late", lambda row: "aside" in row["reason"], within=5)
    (stage.work / "outside" / "broken").unlink()
    ours = stage.engine.await_event("late", "start", after=theirs.at, within=QUIET + 5)
    stage.expect(f"{ours.at - theirs.at:.1f} s after they did something", ours.at - theirs.at >= QUIET - 0.2)
    late = stage.incident_of("late", "resolved", within=30)
    stage.timing.detect = seconds_at(stage.incidents("app")[0]["opened"]) - died.at
    stage.timing.verify = seconds_at(late["resolved"]) - ours.at
    stage.only(before, app=START, late=sum_acts(STOP, REPLACE, START))
