"""A crash that only a rebuild mends: proposed, never done unasked; a yes is for exactly what was shown, once."""

from tests.scenarios.builds import (
    MENDED,
    images_removed,
    make_sick,
    proposal_of,
    watchdog,
    write_context,
)
from tests.scenarios.stage import START, Stage, seconds_at, sum_acts

# What the ladder below does to a program that falls again at once: nothing has to be stopped.
CLIMBED = sum_acts(*[START] * 5, {"create": 2, "destroy": 2})
REBUILT = {"create": 1, "destroy": 1, "start": 1}


def scenario(stage: Stage) -> None:
    """Given mended programs in the working tree, when the old ones fall, then only a yes ships the new ones."""
    for service in ("app", "declined", "late"):
        write_context(stage, service)
    (stage.work / "bought" / "outside").mkdir(parents=True)
    with images_removed(stage):
        stage.up()
        stage.start_daemon()
        stage.watching("app", "declined", "late", "bought", "neighbour")
        before = stage.mark()
        for service in ("app", "declined", "late"):
            write_context(stage, service, MENDED)

        nobody_is_asked_in_vain(stage)
        approved(stage)
        declined(stage)
        expired(stage)

        stage.only(
            before,
            app=sum_acts(CLIMBED, REBUILT),
            declined=CLIMBED,
            late=CLIMBED,
            bought=CLIMBED,
        )
        stage.only_incidents(
            ("app", "healed"), ("declined", "escalated"), ("late", "escalated"), ("bought", "escalated")
        )
        stage.alive()


def nobody_is_asked_in_vain(stage: Stage) -> None:
    """A service without `build:` goes straight to a human."""
    make_sick(stage, "bought")
    stage.incident_of("bought", "escalated", within=30)
    stage.expect("nobody was asked for a yes", "proposed" not in stage.tellings("bought"))


def approved(stage: Stage) -> None:
    """Refused when the tree has changed since; then approved, built, verified; refused when said twice."""
    old = stage.state("app")
    make_sick(stage, "app")
    first = proposal_of(stage, "app")
    stage.standing("app", "proposed")
    code, shown = watchdog(stage, "approve", first["id"], "--dry-run")
    stage.expect(f"a dry run shows it: {shown}", code == 0 and shown["differs"] == "")
    stage.expect(
        "with what it is made of", {"image", "context", "config"} <= shown["proposal"]["pins"].keys()
    )

    (stage.work / "app" / "forgotten").write_text("an edit after the proposal\n", encoding="utf-8")
    code, answer = watchdog(stage, "approve", first["id"])
    stage.expect(f"another tree than the one shown is refused: {answer}", code == 1)
    stage.expect("it says what has changed", "context changed" in answer["error"])
    (stage.work / "app" / "outside" / "unseen").touch()

    second = proposal_of(stage, "app", other_than=first["id"])
    code, answer = watchdog(stage, "approve", second["id"].replace("-", "_"))
    stage.expect("a mistyped id is an unknown name", code == 4 and second["id"] in answer["fix"])
    said_yes = stage.mark()
    code, answer = watchdog(stage, "approve", second["id"])
    stage.expect(f"what the build cannot see does not matter: {answer}", code == 0)
    for proposal, words in ((second, "approved"), (first, "another one")):
        code, answer = watchdog(stage, "approve", proposal["id"])
        stage.expect(f"a yes counts once: {answer}", code == 1 and words in answer["error"])

    started = stage.engine.await_event("app", "start", after=said_yes, within=30)
    stage.timing.heal = started.at - said_yes
    incident = stage.incident_of("app", "resolved", within=40)
    stage.timing.verify = seconds_at(incident["resolved"]) - started.at
    new = stage.state("app")
    stage.expect("it was healed", incident["ending"] == "healed")
    stage.expect("by another image", new["Image"] != old["Image"])
    stage.expect("under the same name", new["Config"]["Image"] == old["Config"]["Image"])
    told = stage.tellings("app")
    stage.expect(f"told each proposal: {told}", told.count("proposed") == 2 and told[-1] == "healed")
    kept = stage.docker("images", "--no-trunc", "-q", f"watchdog-rollback/{stage.project}/app").split()
    stage.expect("the image that ran before is kept", kept == [old["Image"]])
    story = stage.story(incident["id"])
    step = next(
        line for line in story if line["kind"] == "step.ended" and line["action"] == "rebuild_service"
    )
    stage.expect(
        f"what Compose said is kept: {step['evidence']}", any("#" in line for line in step["evidence"])
    )
    states = {each["id"]: each["state"] for each in (stage.daemon.ask("/proposals?all") or {})["proposals"]}
    stage.expect(
        f"both answers are written down: {states}",
        (states[first["id"]], states[second["id"]]) == ("stale", "used"),
    )


def declined(stage: Stage) -> None:
    """A no hands it to a human, untouched."""
    make_sick(stage, "declined")
    proposal = proposal_of(stage, "declined")
    code, _ = watchdog(stage, "decline", proposal["id"])
    stage.expect("a no is taken", code == 0)
    stage.incident_of("declined", "escalated", within=10)
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"a no stands: {answer}", code == 1 and "declined by" in answer["error"])


def expired(stage: Stage) -> None:
    """No answer in time is a no."""
    make_sick(stage, "late")
    proposal = proposal_of(stage, "late")
    stage.incident_of("late", "escalated", within=30)
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"too late: {answer}", code == 1 and "over" in answer["error"])
    code, answer = watchdog(stage, "proposals")
    stage.expect(f"nothing waits any more: {answer}", code == 0 and answer["proposals"] == [])
