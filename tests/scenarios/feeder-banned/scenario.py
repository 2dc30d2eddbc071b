"""A feeder whose address the exchange has banned is never restarted before the ban is over."""

from tests.scenarios.feeds import SERIES, begin, changing, fell_silent, finds_out, trouble
from tests.scenarios.stage import Stage

LEANS_ON = ("influxdb",)


def scenario(stage: Stage) -> None:
    """Given HTTP 418 with the time until which it lasts, when no points arrive, then nothing is touched until then."""
    before = begin(stage)

    trouble(stage, "banned", 40)
    fell_silent(stage, before)
    finds_out(stage, "banned")
    stage.standing(SERIES, lambda row: "banned" in row["reason"], within=10)
    healed = stage.incident_of(SERIES, "resolved", within=70)

    stage.expect("nothing was tried", changing(stage, healed) == [])
    stage.expect(f"by itself: {healed['ending']}", healed["ending"] == "recovered")
    stage.only(before)
    stage.alive()
