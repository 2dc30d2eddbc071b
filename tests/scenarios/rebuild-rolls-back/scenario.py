"""A rebuild that does not help is taken back: the old image under its name and in its container, whatever happens."""

from tests.scenarios.builds import (
    BROKEN,
    MENDED,
    images_removed,
    make_sick,
    proposal_of,
    watchdog,
    write_context,
)
from tests.scenarios.daemon import Json
from tests.scenarios.stage import START, Stage, sum_acts

CLIMBED = sum_acts(*[START] * 5, {"create": 2, "destroy": 2})
REPLACED = {"create": 1, "destroy": 1, "start": 1}
BUILD_TAKES = 8


def scenario(stage: Stage) -> None:
    """Given bad news in the working trees, when rebuilds are approved, then all is as it was, and a human is told."""
    for service in ("app", "typo", "slow"):
        write_context(stage, service)
    with images_removed(stage):
        stage.up()
        stage.start_daemon()
        stage.watching("app", "typo", "slow", "neighbour")
        before = stage.mark()

        worse_than_before(stage)
        cannot_be_built(stage)
        killed_in_the_middle(stage)

        stage.only(before, app=sum_acts(CLIMBED, REPLACED, REPLACED), typo=CLIMBED, slow=CLIMBED)
        stage.only_incidents(("app", "escalated"), ("typo", "escalated"), ("slow", "escalated"))
        stage.alive()


def worse_than_before(stage: Stage) -> None:
    """It is built and replaced, falls, and the old image is put back before a human is told."""
    old = stage.state("app")
    write_context(stage, "app", BROKEN)
    approve_rebuild(stage, "app")
    said_yes = stage.mark()
    incident = stage.incident_of("app", "escalated", within=60)
    stage.timing.heal = stage.engine.await_event("app", "start", after=said_yes, count=2).at - said_yes
    as_before(stage, "app", old)
    steps = stage.steps(incident["id"])[-2:]
    stage.expect(
        f"built, then taken back: {steps}",
        [(step["action"], step["result"]) for step in steps] == [("rebuild_service", "done")] * 2,
    )
    story = [line["text"] for line in stage.story(incident["id"])]
    stage.expect(f"the story says so: {story}", any("taken back" in text for text in story))
    stage.expect("told once", stage.tellings("app").count("escalated") == 1)


def cannot_be_built(stage: Stage) -> None:
    """Nothing was replaced, so nothing is; the end of what the build said is kept."""
    old = stage.state("typo")
    (write_context(stage, "typo") / "Dockerfile").write_text("FROM watchdog-test/busybox:local\nRUN fals\n")
    approve_rebuild(stage, "typo")
    incident = stage.incident_of("typo", "escalated", within=60)
    as_before(stage, "typo", old)
    failed = [step for step in stage.steps(incident["id"]) if step["result"] == "failed"]
    stage.expect(f"one step failed: {failed}", [step["action"] for step in failed] == ["rebuild_service"])
    stage.expect("the build's own words are kept", any("fals" in line for line in failed[0]["evidence"]))
    said = stage.told("typo", "escalated")
    stage.expect(f"a human is told why: {said}", any("could not build" in line for line in said["lines"]))


def killed_in_the_middle(stage: Stage) -> None:
    """SIGKILL while it builds: the next daemon takes it back, and does not build blindly again."""
    old = stage.state("slow")
    folder = write_context(stage, "slow", MENDED)
    dockerfile = (folder / "Dockerfile").read_text()
    (folder / "Dockerfile").write_text(
        dockerfile + f"RUN --network=none sleep {BUILD_TAKES}; echo {stage.project} > /when\n"
    )
    approve_rebuild(stage, "slow")
    stage.wait("the build has begun", lambda: f"sleep {BUILD_TAKES}" in stage.daemon.log(), 20)
    stage.daemon.kill()
    killed = stage.mark()
    stage.start_daemon()

    incident = stage.incident_of("slow", "escalated", within=30)
    steps = [step for step in stage.steps(incident["id"]) if step["action"] == "rebuild_service"]
    stage.expect(
        f"cut short, then taken back: {steps}", [step["result"] for step in steps] == ["interrupted", "done"]
    )
    stage.let_pass(max(0.0, killed + BUILD_TAKES + 3 - stage.mark()))
    as_before(stage, "slow", old)


def approve_rebuild(stage: Stage, service: str) -> None:
    """The old program falls, a rebuild is proposed, a person says yes."""
    make_sick(stage, service)
    code, answer = watchdog(stage, "approve", proposal_of(stage, service)["id"])
    stage.expect(f"a yes is taken: {answer}", code == 0)


def as_before(stage: Stage, service: str, old: Json) -> None:
    """The image that ran before is under its name and in the container; nothing waits to be put back."""
    name = old["Config"]["Image"]
    named = stage.docker("image", "inspect", name, "--format", "{{.Id}}").strip()
    stage.expect(f"{name} names the old image", named == old["Image"])
    stage.expect(f"{service} has the old image", stage.state(service)["Image"] == old["Image"])
    repository = f"watchdog-rollback/{stage.project}/{service}"
    tags = stage.docker("images", "--format", "{{.Tag}}", repository).split()
    stage.expect(f"it is kept by its id: {tags}", tags == [old["Image"].removeprefix("sha256:")[:12]])
