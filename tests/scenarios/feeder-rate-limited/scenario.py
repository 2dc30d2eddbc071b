"""A feeder that the exchange limits is left alone for as long as it was told, and comes back by itself."""

from tests.scenarios.feeds import SERIES, begin, changing, fell_silent, finds_out, trouble
from tests.scenarios.stage import Stage

LEANS_ON = ("influxdb",)


def scenario(stage: Stage) -> None:
    """Given HTTP 429 for half a minute, when no points arrive, then nothing is touched, and it recovers."""
    before = begin(stage)

    trouble(stage, "rate-limited", 30)
    fell_silent(stage, before)
    finds_out(stage, "rate_limited")
    healed = stage.incident_of(SERIES, "resolved", within=60)

    stage.expect("nothing was tried", changing(stage, healed) == [])
    stage.expect(f"by itself: {healed['ending']}", healed["ending"] == "recovered")
    stage.only(before)
    stage.alive()
