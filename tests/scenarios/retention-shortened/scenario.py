"""InfluxDB fills its disk: a bucket that may keep less is shortened with a yes, to its floor, and is judged once InfluxDB has dropped."""

from pathlib import Path

from tests.scenarios.buckets import DISK, begin, count, free, keeps, seen, waits_and_heals
from tests.scenarios.builds import proposal_of, watchdog
from tests.scenarios.small_disk import a_disk, fill
from tests.scenarios.stage import Stage

LEANS_ON = ("influxdb",)
OLD, NEW = (40.0, 50.0, 60.0, 70.0), (1.0, 20.0)
POINTS = {
    "news": ("90d", (*(age for age in OLD for _ in range(6)), *NEW)),
    # Not named, as old: stays.
    "custom": ("0", OLD),
    # Keeps less than the floor that it has: stays as it is.
    "infra": ("15d", (2.0,)),
}
BEFORE = {"markets": 7, "news": 90, "custom": 0, "infra": 15}


def scenario(stage: Stage) -> None:
    """Given old points in buckets, when the disk fills, then only a yes shortens, only what is named, never below its floor."""
    with a_disk(stage.work, 128) as disk:
        begin(stage, disk, POINTS)
        before = stage.mark()
        fill(disk, 0.93)
        filled = stage.mark()

        nobody_answers(stage, filled)
        shortened(stage, disk)
        not_below_its_floor(stage, disk)
        stage.only(before)
        stage.alive()
        stage.daemon.end()


def nobody_answers(stage: Stage, filled: float) -> None:
    """What would fall off is shown; without an answer it stays."""
    seen(stage, filled)
    points = count(stage, "news")
    proposal = proposal_of(stage, DISK, within=30, action="shrink_retention")
    does = proposal["does"]
    stage.expect(
        f"it shows what falls off: {does}", "news keeps 30d instead of 90d: what is older falls off" in does
    )
    stage.expect(f"of what is named, and may keep less: {does}", "infra" not in does and "custom" not in does)
    stage.expect("for good", "for good" in does)
    stage.wait("people are asked", lambda: bool(stage.daemon.notifications(DISK, "proposed")), 10)
    asked = stage.daemon.notifications(DISK, "proposed")
    stage.expect(f"people are asked for that only: {asked}", len(asked) == 1)
    stage.expect(
        f"and read it in the message: {asked[0]['lines']}", f"What it would do: {does}." in asked[0]["lines"]
    )
    stage.incident_of(DISK, "escalated", within=30)
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"a yes that comes too late is refused: {answer}", code == 1 and "over" in answer["error"])
    stage.expect(f"nothing was changed: {keeps(stage)}", keeps(stage) == BEFORE)
    stage.expect("no point is gone", count(stage, "news") == points)
    called = stage.told(DISK, "escalated")["lines"]
    denied = "What nobody said yes to: shorten how long InfluxDB keeps points."
    stage.expect(f"who is called reads what was left undone: {called}", denied in called)


def shortened(stage: Stage, disk: Path) -> None:
    """The new retention is InfluxDB's; nothing is called healed before it has dropped what is too old."""
    custom, infra = count(stage, "custom"), count(stage, "infra")
    stage.daemon.command("retry", DISK)
    proposal = proposal_of(stage, DISK, within=30, action="shrink_retention")
    room = free(disk)
    said_yes = stage.mark()
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"a yes is taken: {answer}", code == 0)
    stage.wait("InfluxDB drops them, and nothing is called healed before", lambda: dropped(stage), 40)
    step = waits_and_heals(stage, "shrink_retention", said_yes)

    stage.expect(f"30 days are kept: {keeps(stage)}", keeps(stage) == {**BEFORE, "news": 30})
    stage.expect(f"it says so: {step['text']}", "news keeps 30d instead of 90d" in step["text"])
    left = count(stage, "news")
    stage.expect(f"what is older is gone, and nothing else: {left}", set(left) == set(NEW))
    stage.expect(
        "the other buckets have all their points",
        (count(stage, "custom"), count(stage, "infra")) == (custom, infra),
    )
    stage.expect("there is more room", free(disk) - room > 20 << 20)


def dropped(stage: Stage) -> bool:
    """Whether InfluxDB has dropped what is too old; before that the incident must not be over."""
    over = stage.incidents(DISK)[-1]["phase"] == "resolved"
    left = set(OLD) & set(count(stage, "news"))
    stage.expect(f"healed is said after InfluxDB has dropped: {left}", not (over and left))
    return not left


def not_below_its_floor(stage: Stage, disk: Path) -> None:
    """Full again: there is nothing left to shorten, so nobody is asked, and a human is called."""
    fill(disk, 0.93, "more of another program's")
    stage.incident_of(DISK, "escalated", within=40)
    stage.expect(f"nothing is kept for less long than its floor: {keeps(stage)}", keeps(stage)["news"] == 30)
    stage.expect("all that is younger is there", set(count(stage, "news")) == set(NEW))
    open_now = (stage.daemon.ask("/proposals") or {})["proposals"]
    stage.expect(f"nothing waits for a yes: {open_now}", not open_now)
