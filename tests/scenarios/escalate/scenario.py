"""What no step cures is handed to a human, told once, left alone, and seen well when the human has cured it."""

from tests.scenarios.stage import START, STOP, Stage, seconds_at, sum_acts

# 3 + 2 of the playbook; Compose stops what it replaces.
LADDER = ["restart_container"] * 3 + ["recreate_service"] * 2
ACTS = sum_acts(*[STOP, START] * 5, {"create": 2, "destroy": 2})
WAITS = (1.0, 2.0, 4.0, 5.0)


def scenario(stage: Stage) -> None:
    """Given a stack, when one stays ill whatever is done, then the whole ladder is climbed, and no more."""
    well = stage.work / "outside" / "well"
    well.parent.mkdir(mode=0o755)
    well.touch()
    stage.up()
    stage.start_daemon()
    stage.watching("app", "neighbour")
    old = stage.state("app")
    before = stage.mark()

    well.unlink()

    sick = stage.engine.await_event("app", "health_status", after=before, within=15)
    incident = stage.incident_of("app", "escalated", within=60)
    stage.timing.detect = seconds_at(incident["opened"]) - sick.at
    steps = stage.steps(incident["id"])
    stage.expect(f"the whole ladder: {steps}", [step["action"] for step in steps] == LADDER)
    stage.expect("each step was done", all(step["result"] == "done" for step in steps))
    stage.expect("and proved nothing", incident["attempts"] == 5)
    starts = [told.at for told in stage.engine.told("app", "start", after=before)]
    stops = [told.at for told in stage.engine.told("app", "kill", after=before)]
    for wait, start, stop in zip(WAITS, starts[:-1], stops[1:], strict=True):
        stage.expect(f"{stop - start:.1f} s between two attempts: at least {wait:g} s", stop - start >= wait)
    new = stage.state("app")
    stage.expect("it is another container", new["Id"] != old["Id"])
    stage.expect("of the same image", new["Image"] == old["Image"])
    told = ["opened", "escalated"]
    stage.expect("told each attempt, and once that it is a human's now", stage.tellings("app") == told)
    stage.let_pass(8)
    stage.only(before, app=ACTS)

    # The human cures it, and says nothing to anybody.
    well.touch()
    cured = stage.engine.await_event("app", "health_status", after=stage.mark() - 0.5, within=10)
    stage.expect("it is healthy", cured.attributes["health"] == "healthy")
    incident = stage.incident_of("app", "resolved", within=30)
    stage.timing.verify = seconds_at(incident["resolved"]) - cured.at
    stage.expect("that was no success of ours", incident["ending"] == "recovered")
    stage.expect("told that it is over", stage.tellings("app") == [*told, "recovered"])
    stage.only(before, app=ACTS)
    stage.only_incidents(("app", "recovered"))
    stage.alive()
