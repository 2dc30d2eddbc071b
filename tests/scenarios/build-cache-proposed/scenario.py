"""What builds have kept fills a disk: it is everybody's, so it is asked for; without a yes it stays, with one images stay."""

import os
import shutil
from pathlib import Path

from tests.scenarios.buckets import waits_and_heals
from tests.scenarios.builds import proposal_of, watchdog
from tests.scenarios.interval import detected
from tests.scenarios.own_engine import an_engine
from tests.scenarios.shipped import write
from tests.scenarios.small_disk import MIB, a_disk, fill
from tests.scenarios.stage import PLAYBOOKS, Stage

WEIGHT = 40
SHIPPED = {"stable: 30s": "stable: 4s"}


def scenario(stage: Stage) -> None:
    """Given what another project's build has left, when the disk fills, then only a yes removes it, and no image."""
    with a_disk(stage.work, 400) as disk, an_engine(stage, disk / "docker"):
        (stage.work / "playbooks").mkdir()
        shutil.copy(PLAYBOOKS / "container-crash.yml", stage.work / "playbooks")
        write(PLAYBOOKS / "disk-full.yml", stage.work / "playbooks" / "disk-full.yml", SHIPPED)
        stage.up()
        build(stage, "another-project:kept")
        build(stage, "another-project:gone")
        stage.docker("rmi", "another-project:gone")
        stage.start_daemon()
        stage.watching("app", "data")
        before = stage.mark()
        fill(disk, 0.93)
        filled = stage.mark()

        nobody_answers(stage, disk, filled)
        a_yes(stage, disk)
        stage.only(before)
        stage.only_incidents(("data", "healed"))
        stage.alive()
        stage.daemon.end()


def build(stage: Stage, name: str) -> None:
    """An image of some weight; the build keeps what it was made of."""
    context = stage.work / name.replace(":", "-")
    context.mkdir()
    (context / "weight").write_bytes(os.urandom(WEIGHT * MIB))
    (context / "Dockerfile").write_text("FROM scratch\nCOPY weight /\n", encoding="utf-8")
    stage.docker("build", "-q", "-t", name, str(context), timeout=90)


def nobody_answers(stage: Stage, disk: Path, filled: float) -> None:
    """It is said whose it is; its time goes by, and nothing is touched."""
    kept, free = cache(stage), room(disk)
    stage.expect(f"builds have left something: {kept}", "B" in kept and kept != "0B")
    proposal = proposal_of(stage, "data", within=40)
    detected(stage, stage.incidents("data")[-1], filled)
    stage.expect(f"it is the build cache: {proposal['action']}", proposal["action"] == "prune_build_cache")
    asked = stage.told("data", "proposed")["lines"]
    stage.expect(f"and everybody's: {asked}", any("of all projects" in line for line in asked))
    stage.incident_of("data", "escalated", within=40)
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"a yes that comes too late is refused: {answer}", code == 1 and "over" in answer["error"])
    stage.expect(f"nothing was removed: {cache(stage)}", cache(stage) == kept)
    stage.expect("nothing became free", room(disk) < free + WEIGHT * MIB / 2)


def a_yes(stage: Stage, disk: Path) -> None:
    """Measured on the disk before and after; what has a name stays."""
    stage.daemon.command("retry", "data")
    proposal = proposal_of(stage, "data", within=40)
    free = room(disk)
    said_yes = stage.mark()
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"a yes is taken: {answer}", code == 0)
    step = waits_and_heals(stage, "prune_build_cache", said_yes)
    stage.expect(f"it says what it freed: {step['text']}", "freed" in step["text"])
    stage.expect("the disk says so, too", room(disk) > free + WEIGHT * MIB)
    names = stage.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    stage.expect(f"images with a name stay: {names}", "another-project:kept" in names)


def cache(stage: Stage) -> str:
    """The size of the engine's build cache, in its own words."""
    rows = stage.docker("system", "df", "--format", "{{.Type}}|{{.Size}}").splitlines()
    return next((row.partition("|")[2] for row in rows if row.startswith("Build Cache")), "")


def room(disk: Path) -> int:
    """The free bytes of the disk."""
    seen = os.statvfs(disk)
    return seen.f_bavail * seen.f_frsize
