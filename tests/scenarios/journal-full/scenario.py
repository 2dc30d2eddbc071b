"""On a full disk it heals from memory, gently; with space again all of it is in the journal, and survives SIGKILL."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.scenarios.stage import START, STOP, Stage, seconds_at, sum_acts

MIB = 1 << 20
JOURNAL = "the journal"


def scenario(stage: Stage) -> None:
    """Given a disk without a free byte, when containers fall, then they are healed, and nothing of it is lost."""
    outside = stage.work / "outside"
    outside.mkdir(mode=0o755)
    with a_small_disk(stage.daemon.state) as disk:
        stage.up()
        stage.start_daemon()
        stage.watching("app", "frail", "stopped", "neighbour")
        before = stage.mark()

        fill(stage, disk)
        healed_from_memory(stage, before)
        gentle(stage, outside, before)
        a_person_is_respected(stage)
        with_space_again(stage, disk, outside, before)
        stage.only(before, app=START, frail=sum_acts(START, START, START), stopped=STOP)
        stage.only_incidents(("app", "healed"), ("frail", "healed"))
        told = [each["telling"] for each in stage.daemon.notifications(JOURNAL)]
        stage.expect(
            f"one message when it was full, one when it was not: {told}",
            told == ["journal_full", "journal_well"],
        )
        stage.alive()
        stage.daemon.end()


@contextmanager
def a_small_disk(folder: Path) -> Iterator[Path]:
    """The daemon's state folder is a disk of its own, of 8 MiB."""
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={8 * MIB},mode=700", "tmpfs", str(folder)], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(stage: Stage, disk: Path) -> None:
    """Another program takes all that is left, and the journal's own reserve is spent."""
    (disk / "journal.db.ballast").unlink(missing_ok=True)
    with (disk / "another program's").open("ab", buffering=0) as file, suppress(OSError):
        while left := os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize:
            file.write(b"x" * min(left, MIB))
    stage.expect("not a byte is free", os.statvfs(disk).f_bavail == 0)


def healed_from_memory(stage: Stage, before: float) -> None:
    """As fast as ever, and told."""
    stage.crash("app")
    died = stage.engine.await_event("app", "die", after=before)
    started = stage.engine.await_event("app", "start", after=died.at, within=5)
    healed = stage.incident_of("app", "resolved", within=30)
    stage.timing.detect = seconds_at(healed["opened"]) - died.at
    stage.timing.heal = started.at - died.at
    stage.timing.verify = seconds_at(healed["resolved"]) - started.at
    stage.expect(f"up again after {stage.timing.heal:.1f} s", stage.timing.heal < 3)
    stage.expect(f"told: {stage.tellings('app')}", stage.tellings("app") == ["opened", "healed"])


def gentle(stage: Stage, outside: Path, before: float) -> None:
    """What would not be remembered after a crash is not done often: two starts, and no new container."""
    (outside / "sick").touch()
    stage.engine.await_event("frail", "start", after=before, within=15, count=2)
    row = stage.standing("frail", lambda row: "memory" in row["reason"], within=10)
    stage.let_pass(6)
    acts = stage.engine.acts(after=before)["frail"]
    stage.expect(f"two starts, no more: {acts}, {row['reason']}", acts == sum_acts(START, START))


def a_person_is_respected(stage: Stage) -> None:
    """Also from memory."""
    stage.docker("stop", stage.container("stopped"))
    stage.standing("stopped", "held", within=10)


def with_space_again(stage: Stage, disk: Path, outside: Path, before: float) -> None:
    """Writes are resumed by themselves; the ladder is climbed on; SIGKILL loses nothing of what was kept in memory."""
    (disk / "another program's").unlink()
    stage.wait("writes are resumed", lambda: stage.daemon.notifications(JOURNAL, "journal_well"), 40)
    (outside / "sick").unlink()
    stage.engine.await_event("frail", "start", after=before, within=20, count=3)
    stage.daemon.kill()
    stage.start_daemon()
    stage.standing("stopped", "held", within=10)
    stage.incident_of("frail", "resolved", within=40)
    (app,) = stage.incidents("app")
    stage.expect("what was decided on a full disk is in the journal", stage.steps(app["id"]))
