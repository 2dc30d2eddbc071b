"""InfluxDB fills its disk, and nothing else helps: with a yes points of more than eight days are deleted, and free space late."""

from pathlib import Path

from tests.scenarios.buckets import DISK, begin, count, free, keeps, seen, waits_and_heals
from tests.scenarios.builds import proposal_of, watchdog
from tests.scenarios.small_disk import a_disk, fill
from tests.scenarios.stage import Stage

LEANS_ON = ("influxdb",)
# Up to the beginning of the day that is eight days ago: so what is a day older is gone, what is a day younger stays.
OLD, NEW = (9.1, 30.0, 60.0, 90.0), (1.0, 7.9)
POINTS = {
    "custom": ("0", (*(age for age in OLD for _ in range(6)), *NEW)),
    # Not named: stays.
    "news": ("90d", (30.0, 60.0)),
    # Named, and keeps a week anyway.
    "markets": ("", (1.0,)),
}


def scenario(stage: Stage) -> None:
    """Given old points in buckets, when the disk fills, then only a yes deletes, only where it is allowed, only what is old."""
    with a_disk(stage.work, 128) as disk:
        begin(stage, disk, POINTS)
        before = stage.mark()
        fill(disk, 0.93)
        filled = stage.mark()

        a_no(stage, filled)
        a_yes(stage, disk)
        stage.only(before)
        stage.only_incidents((DISK, "healed"))
        stage.alive()
        stage.daemon.end()


def a_no(stage: Stage, filled: float) -> None:
    """It is the last that is asked for, it says in which buckets and up to when; a no and it is left."""
    seen(stage, filled)
    points = {bucket: count(stage, bucket) for bucket in POINTS}
    proposal = proposal_of(stage, DISK, within=30, action="delete_old_points")
    does = proposal["does"]
    stage.expect(f"it says that it is for good, and of which bucket: {does}", does.endswith("UTC of: custom"))
    stage.expect(f"for good: {does}", "delete for good all points before" in does)
    code, _ = watchdog(stage, "decline", proposal["id"])
    stage.expect("a no is taken", code == 0)
    stage.incident_of(DISK, "escalated", within=20)
    stage.expect("no point is gone", {bucket: count(stage, bucket) for bucket in POINTS} == points)


def a_yes(stage: Stage, disk: Path) -> None:
    """Gone at once, and free once InfluxDB has compacted: not called healed before."""
    others = {bucket: count(stage, bucket) for bucket in ("news", "markets")}
    retention = keeps(stage)
    stage.daemon.command("retry", DISK)
    proposal = proposal_of(stage, DISK, within=30, action="delete_old_points")
    room = free(disk)
    said_yes = stage.mark()
    code, answer = watchdog(stage, "approve", proposal["id"])
    stage.expect(f"a yes is taken: {answer}", code == 0)
    step = waits_and_heals(stage, "delete_old_points", said_yes)

    stage.expect(f"it says that more comes: {step['text']}", "frees more when it compacts" in step["text"])
    left = count(stage, "custom")
    stage.expect(f"what is older is gone, and nothing else: {left}", set(left) == set(NEW))
    stage.expect(
        "the other buckets have all their points",
        {bucket: count(stage, bucket) for bucket in others} == others,
    )
    stage.expect("no retention is another one", keeps(stage) == retention)
    stage.expect("there is more room", free(disk) - room > 20 << 20)
    told = stage.tellings(DISK)
    stage.expect(f"told: {told}", told[-1] == "healed" and "escalated" in told)
