"""A journal that is empty, garbage or torn is set aside, and the daemon heals gently; a newer one is refused."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.scenarios.stage import REPLACE, START, STOP, Stage, seconds_at, sum_acts

JOURNAL = "the journal"
# Nothing is taken away for so long after a start that may have forgotten something.
CAUTION = 60.0
CONFIG = 78


def scenario(stage: Stage) -> None:
    """Given a journal that is damaged while the daemon is away, then it starts all the same, and does no harm."""
    stage.up()
    stage.start_daemon()
    stage.watching("app", "stuck", "stopped", "neighbour")
    before = stage.mark()
    stage.docker("stop", stage.container("stopped"))
    stage.standing("stopped", "held", within=10)

    refused_when_newer(stage)
    set_aside(stage, torn, "torn", kept=True)
    set_aside(stage, lambda path: path.write_bytes(b""), "zero bytes", kept=False)
    set_aside(stage, lambda path: path.write_bytes(os.urandom(65536)), "garbage", kept=False)
    begun = stage.mark()
    stage.inside("stuck", "touch /flag; kill -9 $(cat /proc/1/task/1/children)")
    healed_all_the_same(stage)
    nothing_is_taken_away(stage, begun)
    stage.only(before, app=START, stuck=sum_acts(START, START, START, REPLACE), stopped=STOP)
    stage.only_incidents(("app", "healed"), ("stuck", "healed"))
    stage.alive()


def journal(stage: Stage) -> Path:
    """Its file."""
    return stage.daemon.state / "journal.db"


def refused_when_newer(stage: Stage) -> None:
    """A clear word and 78, so that no restart is tried; not a byte of it is touched."""
    stage.daemon.end()
    with closing(sqlite3.connect(journal(stage))) as newer:
        (version,) = newer.execute("PRAGMA user_version").fetchone()
        newer.execute("PRAGMA user_version = 99")
    told = len(stage.daemon.log())
    stage.daemon.launch()
    code = stage.daemon.ended(15)
    stage.expect(f"it ends with 78: {code}", code == CONFIG)
    said = stage.daemon.log()[told:]
    stage.expect(f"and says why: {said}", "newer watchdog" in said)
    with closing(sqlite3.connect(journal(stage))) as older:
        stage.expect("it was left alone", older.execute("PRAGMA user_version").fetchone() == (99,))
        older.execute(f"PRAGMA user_version = {version}")
    stage.start_daemon()
    stage.standing("stopped", "held", within=10)


def torn(path: Path) -> None:
    """One of its pages is overwritten; the others can be read."""
    with closing(sqlite3.connect(path)) as shell:
        shell.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = shell.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'entries'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)


def set_aside(stage: Stage, damage: Callable[[Path], object], how: str, *, kept: bool) -> None:
    """What it was is kept under a name with the date; people are told once; what a person stopped stays so."""
    stage.daemon.kill()
    for beside in ("journal.db-wal", "journal.db-shm"):
        if not kept:
            (stage.daemon.state / beside).unlink(missing_ok=True)
    damage(journal(stage))
    spoiled = journal(stage).read_bytes()[:4096]
    aside, told = files_aside(stage), len(stage.daemon.notifications(JOURNAL, "journal_damaged"))
    stage.start_daemon()
    stage.watching("app", "stuck", "stopped", "neighbour")
    (new,) = files_aside(stage) - aside
    stage.expect(f"{how}: under a name with the date: {new}", time.strftime("%Y") in new)
    stage.expect("unchanged", (stage.daemon.state / new).read_bytes()[:4096] == spoiled)
    stage.wait("told", lambda: stage.daemon.notifications(JOURNAL, "journal_damaged")[told:], 5)
    row = stage.standing("stopped", lambda row: row["hold"] is not None, within=10)
    stage.expect(f"{how}, it is still held: {row['hold']}", row["state"] == "held" or not kept)


def files_aside(stage: Stage) -> set[str]:
    """What was set aside so far."""
    names = (path.name for path in stage.daemon.state.glob("journal.db.damaged-*"))
    return {name for name in names if not name.endswith(("-wal", "-shm"))}


def healed_all_the_same(stage: Stage) -> None:
    """With no memory at all it starts what falls."""
    before = stage.mark()
    stage.crash("app")
    died = stage.engine.await_event("app", "die", after=before)
    started = stage.engine.await_event("app", "start", after=died.at, within=5)
    healed = stage.incident_of("app", "resolved", within=30)
    stage.timing.detect = seconds_at(healed["opened"]) - died.at
    stage.timing.heal = started.at - died.at
    stage.timing.verify = seconds_at(healed["resolved"]) - started.at


def nothing_is_taken_away(stage: Stage, begun: float) -> None:
    """It may have forgotten why not: no new container in the first minute. Then it goes on."""
    row = stage.standing("stuck", lambda row: "just" in row["reason"], within=20)
    print(f"    it waits: {row['reason']}")
    replaced = stage.engine.await_event("stuck", "create", after=begun, within=CAUTION + 15)
    stage.expect("not in the first minute", replaced.at - begun > CAUTION - 15)
    stage.incident_of("stuck", "resolved", within=30)
