"""A replacement would ship what somebody edited meanwhile: it is refused by the name of what changed."""

from tests.scenarios.builds import images_removed
from tests.scenarios.stage import START, Stage, sum_acts

RESTARTED = sum_acts(*[START] * 3)
REPLACED = sum_acts(RESTARTED, *[{"create": 1, "destroy": 1, "start": 1}] * 2)


def scenario(stage: Stage) -> None:
    """Given edits that nobody rolled out, when the containers fall, then none is shipped and a human is told which."""
    outside = stage.work / "outside"
    outside.mkdir()
    (stage.work / "app.env").write_text("LICENCE=1\n", encoding="utf-8")
    stage.docker("tag", "watchdog-test/busybox:local", f"{stage.project}:app")
    with images_removed(stage):
        try:
            refused_by_name(stage)
        finally:
            stage.close()
            stage.docker("rmi", f"{stage.project}:app", check=False)


def refused_by_name(stage: Stage) -> None:
    """Each edit has its name, the unchanged ones are replaced as ever, and then the files are gone."""
    outside = stage.work / "outside"
    stage.up()
    stage.start_daemon()
    stage.watching("edited", "env", "moved", "same", "leaning", "neighbour")
    stage.let_pass(2)  # the first sight of each
    before = stage.mark()

    stage.rewrite('environment: {MODE: "1"}} # edited', 'environment: {MODE: "2", NEW: "3"}} # edited')
    (stage.work / "app.env").write_text("LICENCE=2\n", encoding="utf-8")
    stage.docker("build", "-q", "-t", f"{stage.project}:app", "-f", another_image(stage), str(stage.work))
    for service in ("edited", "env", "moved", "same"):
        (outside / service).touch()

    for service, words in (
        ("edited", "environment.MODE and environment.NEW changed"),
        ("env", "environment.LICENCE changed"),
        ("moved", "is another image now"),
    ):
        incident = stage.incident_of(service, "escalated", within=30)
        said = stage.told(service, "escalated")["lines"]
        stage.expect(f"a human is told what changed: {said}", any(words in line for line in said))
        advice = f"docker compose up -d {service}"
        stage.expect(f"and what to do: {said}", any(advice in line for line in said))
        steps = stage.steps(incident["id"])
        stage.expect(
            f"asked once, not twice: {steps}", [s["result"] for s in steps] == ["done"] * 3 + ["failed"]
        )
        stage.expect("no value is told", not any("LICENCE=" in line for line in said))
    stage.incident_of("same", "escalated", within=30)

    # Its own fall cannot be caused from outside: it has no name of its own.
    stage.crash("leaning")
    stage.incident_of("leaning", "resolved", within=40)
    stage.only(before, edited=RESTARTED, env=RESTARTED, moved=RESTARTED, same=REPLACED, leaning=START)

    (stage.work / "compose.yml").rename(stage.work / "elsewhere.yml")
    gone = stage.mark()
    (outside / "neighbour").touch()
    stage.incident_of("neighbour", "escalated", within=30)
    said = stage.told("neighbour", "escalated")["lines"]
    stage.expect(
        f"the file is named: {said}", any("compose.yml" in line and "not there" in line for line in said)
    )
    stage.only(gone, neighbour=RESTARTED)
    stage.alive()


def another_image(stage: Stage) -> str:
    """A Dockerfile of something else."""
    path = stage.work / "Another"
    path.write_text("FROM watchdog-test/busybox:local\nENV ANOTHER=1\n", encoding="utf-8")
    return str(path)
