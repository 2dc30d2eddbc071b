"""A disk fills: the ballast is given back, then the project's nameless images go, each measured; nothing else does."""

from pathlib import Path

from tests.scenarios.interval import detected
from tests.scenarios.own_engine import an_engine
from tests.scenarios.small_disk import a_disk, fill, make_image
from tests.scenarios.stage import Stage, seconds_at

BALLAST = "watchdog.ballast"
OURS = "com_docker_compose_project"


def scenario(stage: Stage) -> None:
    """Given a real disk that is filled, then room is made by what may go, verified on the disk; and what may not go stays."""
    with a_disk(stage.work, 400) as disk, an_engine(stage, disk / "docker"):
        stage.up()
        stay, go = images(stage)
        stage.start_daemon()
        stage.watching("app", "data")
        stage.wait("a ballast was set aside", (disk / BALLAST).exists, 45)
        says_what_it_would_do(stage)
        before = stage.mark()

        fill(disk, 0.96)
        filled = stage.mark()
        healed = stage.incident_of("data", "resolved", within=90)

        steps = [step for step in stage.steps(str(healed["id"])) if step["action"] != "list_consumers"]
        done = [(step["action"], step["result"]) for step in steps]
        for step in steps:
            print(f"    {step['text']}")
        stage.expect(f"the ballast, then the images: {done}", done == DONE)
        stage.expect("each says what it freed", all("freed" in str(step["text"]) for step in steps))
        stage.expect("healed", healed["ending"] == "healed")
        detected(stage, healed, filled)
        stage.timing.heal = seconds_at(steps[-1]["at"]) - filled
        stage.timing.verify = seconds_at(healed["resolved"]) - seconds_at(steps[-1]["at"])
        left = set(stage.docker("images", "-aq", "--no-trunc").split())
        stage.expect("images of others, and those with a name, stay", set(stay) <= left)
        stage.expect("the project's nameless images are gone", not set(go) & left)
        stage.expect("the volume stays", "data" in stage.docker("volume", "ls", "-q"))
        stage.expect("no ballast is made while room is short", not (disk / BALLAST).exists())
        stage.expect(f"told: {stage.tellings('data')}", stage.tellings("data") == ["opened", "healed"])

        (disk / "another program's").unlink()
        stage.wait("the ballast is set aside again", (disk / BALLAST).exists, 45)
        stage.only(before)
        stage.alive()
        stage.daemon.end()


DONE = [("release_ballast", "done"), ("prune_images", "done")]


def images(stage: Stage) -> tuple[list[str], list[str]]:
    """Those that have to stay: another project's, and ours that is kept for a way back; and those that may go."""
    kept = f"watchdog-rollback/{stage.project}/app:pending"
    stay = [make_image(5, **{OURS: "another"}), make_image(5, kept, **{OURS: stage.project}), make_image(5)]
    return stay, [make_image(30, **{OURS: stage.project}) for _ in range(2)]


def says_what_it_would_do(stage: Stage) -> None:
    """A plan is told, and nothing of it is done."""
    plan = stage.daemon.command("plan", "disk-full", "data")
    does = [str(rung["does"]) for rung in plan["rungs"]]
    stage.expect(f"the plan: {does}", "ballast" in does[0] and "2 images" in does[1])
    disk: Path = stage.work / "disk"
    stage.expect("nothing of it was done", (disk / BALLAST).exists())
