"""Many sick at once are one trouble: what fell is started in order and a few at a time, what runs is not restarted."""

import os
import signal

from tests.scenarios.stage import START, Stage, seconds_at

FELL = ("db", "api", "web", "worker-1", "worker-2", "worker-3")
NEEDS = (("api", "db"), ("web", "api"), ("worker-1", "db"), ("worker-2", "db"), ("worker-3", "db"))
AT_ONCE = 2
SLOW = FELL[1:]
STORM = "the stack"


def scenario(stage: Stage) -> None:
    """Given eight targets, when six fall, and later five turn unhealthy, then there are two storms and no mass restart."""
    outside = stage.work / "outside"
    outside.mkdir(mode=0o755)
    stage.up()
    stage.start_daemon()
    stage.watching(*FELL, "plain-1", "plain-2")
    before = stage.mark()

    what_fell_is_started_in_order(stage, before)
    calm = stage.mark()
    (outside / "slow").touch()
    what_runs_is_left_to_a_human(stage)
    (outside / "slow").unlink()
    it_passes(stage)
    stage.only(calm)
    stage.only(before, **{name.replace("-", "_"): START for name in FELL})
    healed = [(name, "healed") for name in FELL]
    recovered = [(name, "recovered") for name in SLOW]
    stage.only_incidents(*healed, *recovered, (STORM, "recovered"), (STORM, "recovered"))
    it_is_told_as_one(stage)
    stage.alive()


def what_fell_is_started_in_order(stage: Stage, before: float) -> None:
    """All six end at once; each is started when what it needs is well."""
    early_starts: set[str] = set()
    db, *others = stage.processes(*FELL)
    os.kill(db, signal.SIGKILL)
    stage.engine.await_event("db", "die", after=before)
    for process in others:
        os.kill(process, signal.SIGKILL)
    died = {name: stage.engine.await_event(name, "die", after=before) for name in FELL}
    started = {name: stage.engine.await_event(name, "start", after=before, within=30) for name in FELL}
    stage.timing.detect = started["db"].at - died["db"].at
    stage.timing.heal = max(each.at for each in started.values()) - min(each.at for each in died.values())
    storm = stage.incidents(STORM)[0]
    # Who fell a moment before it was a storm is started at once, as anybody is, as far as there is room.
    early = {name for name in FELL if stage.incidents(name)[-1]["opened"] < storm["opened"]}
    for name, needs in NEEDS:
        well = stage.engine.await_event(needs, "health_status", after=started[needs].at, within=10)
        if started[name].at < well.at:
            stage.expect(f"{name} was started before {needs} was well", name in early)
            early_starts.add(name)
    stage.expect(f"and only these: {early_starts}", len(early_starts) <= AT_ONCE)
    resolved = [stage.incident_of(name, "resolved", within=40) for name in FELL]
    stage.timing.verify = max(seconds_at(each["resolved"]) for each in resolved) - max(
        each.at for each in started.values()
    )
    storm = stage.incident_of(STORM, "resolved", within=20)
    over = stage.told(STORM, "storm_over")
    stage.expect(f"all of them came back, and so it is told: {over}", "6 of 6" in over["event"])
    stage.expect(
        f"what they share is named: {storm['finding']}", storm["finding"]["facts"]["shared_name"] == "db"
    )


def what_runs_is_left_to_a_human(stage: Stage) -> None:
    """All are slow for a reason that no restart mends: a human is asked, once, and nothing is touched."""
    stage.wait("a second storm", lambda: len(stage.incidents(STORM)) == 2, 15)
    stage.let_pass(8)
    phases = {name: stage.incidents(name)[-1]["phase"] for name in SLOW}
    stage.expect(f"all of them wait: {phases}", set(phases.values()) == {"suppressed"})


def it_passes(stage: Stage) -> None:
    """They are well again by themselves, and so it is told."""
    for name in SLOW:
        stage.incident_of(name, "resolved", within=40)
    stage.incident_of(STORM, "resolved", within=20)


def it_is_told_as_one(stage: Stage) -> None:
    """One message for each storm; who fell before there was one may be told by itself, from beginning to end."""
    storms = stage.incidents(STORM)
    told = [each["telling"] for each in stage.daemon.notifications(STORM)]
    stage.expect(f"told when it began and when it ended: {told}", told == ["storm", "storm_over"] * 2)
    for name in FELL:
        for storm, incident in zip(storms, stage.incidents(name), strict=name in SLOW):
            mine = [each for each in stage.daemon.notifications(name) if each["incident"] == incident["id"]]
            said = [each["telling"] for each in mine if each["telling"] != "acting"]
            if said:
                early = incident["opened"] < storm["opened"]
                whole = said[0] in ("opened", "suppressed") and said[-1] == incident["ending"]
                stage.expect(f"of {name} was told {said}", early and whole)
