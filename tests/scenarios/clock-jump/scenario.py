"""The clock is set by hours and by years: waits, maintenance and memory are as they were, and people are told of it."""

from tests.scenarios.faketime import WallClock
from tests.scenarios.stage import START, STOP, Stage, seconds_at, sum_acts

HOUR, YEARS = 3600, 10 * 365 * 86400
WAIT = 8.0
MAINTENANCE = 20.0
# A jump of an hour would show; a machine that is busy must not.
LATE = 8.0


def scenario(stage: Stage) -> None:
    """Given a wait, a maintenance and a hold, when the clock jumps, then nothing comes early and nothing is lost."""
    sick = stage.work / "outside" / "sick"
    sick.parent.mkdir(mode=0o755)
    stage.up()
    clock = WallClock(stage)
    stage.start_daemon()
    stage.watching("frail", "app", "serviced", "stopped", "neighbour")
    before = stage.mark()
    stage.docker("stop", stage.container("stopped"))
    stage.standing("stopped", "held", within=10)
    stage.daemon.command("maintenance", "begin", "serviced", "--for", f"{MAINTENANCE:g}s")
    begun = stage.mark()
    stage.crash("serviced")

    sick.touch()
    first = stage.engine.await_event("frail", "start", after=before, within=15)
    clock.ahead(HOUR)
    second = stage.engine.await_event("frail", "start", after=before, within=WAIT + 15, count=2)
    clock.ahead(-HOUR)
    sick.unlink()
    third = stage.engine.await_event("frail", "start", after=before, within=WAIT + 15, count=3)
    for early, late in ((first, second), (second, third)):
        stage.expect(
            f"{late.at - early.at:.1f} s between two attempts", WAIT - 0.5 < late.at - early.at < WAIT + LATE
        )
    started = stage.engine.await_event("serviced", "start", after=before, within=MAINTENANCE + 10)
    lasted = started.at - begun
    stage.expect(
        f"the maintenance lasted for {lasted:.1f} s", MAINTENANCE - 0.5 <= lasted <= MAINTENANCE + LATE
    )

    clock.ahead(YEARS)
    heals_in_another_decade(stage)
    nothing_is_forgotten(stage, clock)
    told(stage)
    for service in ("frail", "serviced", "app"):
        stage.incident_of(service, "resolved", within=40)
    stage.only(before, frail=sum_acts(START, START, START), serviced=START, app=START, stopped=STOP)
    stage.only_incidents(("frail", "healed"), ("serviced", "healed"), ("app", "healed"))
    stage.alive()


def heals_in_another_decade(stage: Stage) -> None:
    """What falls is healed as fast as ever, and proved for as long."""
    fell = stage.mark()
    stage.crash("app")
    died = stage.engine.await_event("app", "die", after=fell)
    started = stage.engine.await_event("app", "start", after=died.at, within=5)
    healed = stage.incident_of("app", "resolved", within=30)
    stage.timing.heal = started.at - died.at
    stage.timing.verify = stage.mark() - started.at
    stage.expect(f"proved for {stage.timing.verify:.1f} s", 9.5 < stage.timing.verify < 15)
    stage.timing.detect = seconds_at(healed["opened"]) - YEARS - died.at


def nothing_is_forgotten(stage: Stage, clock: WallClock) -> None:
    """The attempts, the hold, and the incident from before, also by a daemon that begins ten years before the one it follows."""
    stage.daemon.kill()
    clock.ahead(0)
    stage.start_daemon()
    row = stage.standing("frail", lambda row: row["status"] == "ok", within=10)
    stage.expect(f"the attempts still count: {row['attempts']}", len(row["attempts"]) == 3)
    stage.standing("stopped", "held", within=10)
    stage.expect("no story was cut", len(stage.steps(stage.incidents("frail")[0]["id"])) == 3)


def told(stage: Stage) -> None:
    """Each jump is a line in the log, once."""
    jumps = [line for line in stage.daemon.log().splitlines() if '"clock.jumped"' in line]
    stage.expect(f"three jumps are told, not {len(jumps)}", len(jumps) == 3)
