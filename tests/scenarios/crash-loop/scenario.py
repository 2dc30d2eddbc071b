"""What crashes whenever it runs is started less and less often, then given up; the engine's loops are found too."""

from itertools import pairwise

from tests.scenarios.stage import Stage, seconds_at

LADDER = ["restart_container"] * 3 + ["recreate_service"] * 2
# From the end of one attempt to the next: at once, then guardrails.first, doubled each time.
WAITS = (1.0, 2.0, 4.0, 8.0)
TOLD = ["opened", "escalated"]


def scenario(stage: Stage) -> None:
    """Given two services, when they crash whenever they run, then each is given up after five attempts."""
    outside = stage.work / "outside"
    outside.mkdir(mode=0o755)
    stage.up()
    stage.start_daemon()
    stage.watching("ours", "engines", "neighbour")
    image = stage.state("ours")["Image"]
    before = stage.mark()

    (outside / "crash").touch()

    died = stage.engine.await_event("ours", "die", after=before)
    ours = stage.incident_of("ours", "escalated", within=60)
    engines = stage.incident_of("engines", "escalated", within=60)
    stage.timing.detect = seconds_at(ours["opened"]) - died.at
    given_up = stage.mark()

    for name, incident in (("ours", ours), ("engines", engines)):
        steps = stage.steps(incident["id"])
        stage.expect(f"{name}, the whole ladder: {steps}", [step["action"] for step in steps] == LADDER)
        stage.expect("told each attempt, and once that it is a human's now", stage.tellings(name) == TOLD)
        row = stage.standing(name, "escalated")
        stage.expect("it is given up", row["given_up"] and len(row["attempts"]) == 5)
    stage.expect("of the same image still", stage.state("ours")["Image"] == image)

    starts = [told.at for told in stage.engine.told("ours", "start", after=before)]
    stage.expect("the first attempt was made at once", starts[0] - died.at < 2)
    gaps = [late - early for early, late in pairwise(starts)]
    for wait, gap in zip(WAITS, gaps, strict=True):
        stage.expect(f"{gap:.1f} s between two starts, at least {wait:g} s", wait <= gap < wait + 3)
    stage.timing.heal = starts[0] - died.at

    restarts = engines["finding"]
    stage.expect(f"the engine's loop is told as one: {restarts}", restarts["kind"] == "crash_loop")
    stage.expect(
        "the engine had its turn first", len(stage.engine.told("engines", "start", after=before)) > 5
    )

    stage.let_pass(12)
    acts = stage.engine.acts(after=before)
    stage.expect("five starts and no more", dict(acts["ours"]) == {"start": 5, "create": 2, "destroy": 2})
    # The engine goes on by itself; what it does are starts. Everything else would be ours.
    after = {name: set(done) for name, done in stage.engine.acts(after=given_up).items()}
    stage.expect(f"nothing of ours since it was given up: {after}", after in ({"engines": {"start"}}, {}))
    stage.expect("the neighbour was left alone", "neighbour" not in acts)
    stage.expect("told nothing more", stage.tellings("ours") == TOLD and stage.tellings("engines") == TOLD)
    stage.only_incidents(("ours", "escalated"), ("engines", "escalated"))
    stage.alive()
