"""Logs without rotation fill a disk: without a yes nothing is cut; with one all but the end is given back, and is still read."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.scenarios.buckets import waits_and_heals
from tests.scenarios.builds import proposal_of, watchdog
from tests.scenarios.interval import detected
from tests.scenarios.own_engine import an_engine
from tests.scenarios.shipped import write
from tests.scenarios.small_disk import MIB, a_disk, fill
from tests.scenarios.stage import PLAYBOOKS, Stage

# Stands for watchdog's own image: of the same system, with the same program that punches holes.
IMAGE = "debian:trixie-slim"
LOG, OTHERS = "chatty", ("rotated", "quiet")
LINES = 60_000_000
# What is written otherwise than in the file that is shipped: sizes and times.
SHIPPED = {"larger_than: 100MB": "larger_than: 30MB", "stable: 30s": "stable: 4s"}


def scenario(stage: Stage) -> None:
    """Given a real disk with a log of 60 MB, when it fills, then only a yes gives that back, and the end stays readable."""
    with a_disk(stage.work, 640) as disk, an_engine(stage, disk / "docker"):
        load(stage)
        (stage.work / "playbooks").mkdir()
        shutil.copy(PLAYBOOKS / "container-crash.yml", stage.work / "playbooks")
        write(PLAYBOOKS / "disk-full.yml", stage.work / "playbooks" / "disk-full.yml", SHIPPED)
        stage.daemon.environment["WATCHDOG_IMAGE"] = IMAGE
        stage.up()
        stage.wait("all was said", lambda: all("line" in tail(stage, each) for each in (LOG, "rotated")), 40)
        stage.start_daemon()
        stage.watching(LOG, *OTHERS, "data")
        before = stage.mark()
        fill(disk, 0.92)
        filled = stage.mark()

        nobody_answers(stage, filled)
        a_no(stage)
        a_yes(stage, disk, filled)
        stage.only(before)
        stage.only_incidents(("data", "healed"))
        stage.alive()
        stage.daemon.end()


def load(stage: Stage) -> None:
    """The image into the engine of its own."""
    kept = {**os.environ, "DOCKER_HOST": "unix:///var/run/docker.sock"}
    image = subprocess.run(["docker", "save", IMAGE], check=True, capture_output=True, timeout=60, env=kept)
    subprocess.run(["docker", "load", "-q"], input=image.stdout, check=True, capture_output=True, timeout=60)


def nobody_answers(stage: Stage, filled: float) -> None:
    """What is proposed names the log and what is lost; its time goes by, and nothing is touched, also by a late yes."""
    whole = weight(stage, LOG)
    proposal = proposal_of(stage, "data", within=40)
    incident = stage.incidents("data")[-1]
    detected(stage, incident, filled)
    does = proposal["does"]
    stage.expect(
        f"it names the log, and no other: {does}", LOG in does and not any(each in does for each in OTHERS)
    )
    stage.expect(f"and what is lost: {does}", "for good" in does and "docker logs needs --tail" in does)
    stage.incident_of("data", "escalated", within=40)
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"a yes that comes too late is refused: {answer}", code == 1 and "over" in answer["error"])
    stage.expect("nothing was cut", weight(stage, LOG) >= whole)


def a_no(stage: Stage) -> None:
    """Asked again by a person's order, declined, and left."""
    whole = weight(stage, LOG)
    stage.daemon.command("retry", "data")
    proposal = proposal_of(stage, "data", within=40)
    code, _ = watchdog(stage, "decline", proposal["id"])
    stage.expect("a no is taken", code == 0)
    stage.incident_of("data", "escalated", within=20)
    stage.expect("nothing was cut", weight(stage, LOG) >= whole)


def a_yes(stage: Stage, disk: Path, filled: float) -> None:
    """A hole up to the last MiB: measured on the disk before and after, and `docker logs --tail` goes on."""
    stage.daemon.command("retry", "data")
    proposal = proposal_of(stage, "data", within=40)
    whole, others, free = weight(stage, LOG), [weight(stage, each) for each in OTHERS], room(disk)
    length = log(stage, LOG).stat().st_size
    said_yes = stage.mark()
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"a yes is taken: {answer}", code == 0)
    step = waits_and_heals(stage, "truncate_log", said_yes, within=40)

    stage.expect(f"it says what it freed: {step['text']}", "freed" in step["text"] and LOG in step["text"])
    left = weight(stage, LOG)
    stage.expect(
        f"all but about its last MiB is given back: {left} of {whole}", left < 2 * MIB < LINES < whole
    )
    freed = room(disk) - free
    stage.expect(f"and is free on the disk: {freed}", freed > whole - 4 * MIB)
    stage.expect("the file is as long as it was", log(stage, LOG).stat().st_size >= length)
    stage.expect(
        "the others are not touched",
        all(weight(stage, n) >= was for n, was in zip(OTHERS, others, strict=True)),
    )

    first = tail(stage, LOG, 100)
    stage.expect(f"its end is read: {first[-80:]}", len(first.splitlines()) == 100)
    newest = tail(stage, LOG)
    stage.wait("what it says now is read, too", lambda: "line" in tail(stage, LOG) != newest, 5)
    stage.expect("no engine's core is busy with it", quick(stage))


def room(disk: Path) -> int:
    """The free bytes of the disk."""
    seen = os.statvfs(disk)
    return seen.f_bavail * seen.f_frsize


def log(stage: Stage, service: str) -> Path:
    """The file that the engine keeps of a container's output."""
    return Path(stage.docker("inspect", "--format", "{{.LogPath}}", stage.container(service)).strip())


def weight(stage: Stage, service: str) -> int:
    """What that takes on the disk."""
    return log(stage, service).stat().st_blocks * 512


def tail(stage: Stage, service: str, lines: int = 1) -> str:
    """The end of its log, as people read it: in no time, or never."""
    return stage.docker("logs", "--tail", str(lines), stage.container(service), timeout=5)


def quick(stage: Stage) -> bool:
    """Whether the end is read ten times within some seconds."""
    began = time.monotonic()
    for _ in range(10):
        tail(stage, LOG, 10)
    return time.monotonic() - began < 5
