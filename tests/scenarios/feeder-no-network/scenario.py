"""While nothing outside can be reached no feeder is touched: the trouble is our own, and points come when it is over."""

from tests.scenarios.feeds import SERIES, begin, changing, fell_silent, finds_out, trouble
from tests.scenarios.stage import Stage

LEANS_ON = ("influxdb",)


def scenario(stage: Stage) -> None:
    """Given neither the exchange nor two other hosts, when no points arrive, then nothing is touched, however long."""
    before = begin(stage)

    trouble(stage, "no-network")
    fell_silent(stage, before)
    finds_out(stage, "no_network")
    stage.let_pass(12)
    stage.expect("it waits", stage.incidents(SERIES)[-1]["phase"] in ("open", "acting"))
    trouble(stage, "")
    healed = stage.incident_of(SERIES, "resolved", within=60)

    stage.expect("nothing was tried", changing(stage, healed) == [])
    stage.expect(f"by itself: {healed['ending']}", healed["ending"] == "recovered")
    stage.only(before)
    stage.alive()
