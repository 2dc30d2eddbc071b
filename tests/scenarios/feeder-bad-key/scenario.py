"""A feeder whose API key is refused is handed to a human at once, with the cause and without a restart."""

from tests.scenarios.feeds import SERIES, begin, changing, fell_silent, finds_out, trouble
from tests.scenarios.stage import Stage

LEANS_ON = ("influxdb",)


def scenario(stage: Stage) -> None:
    """Given code -2015, when no points arrive, then a human is told that the key has to be renewed, and nothing is touched."""
    before = begin(stage)

    trouble(stage, "bad-key")
    fell_silent(stage, before)
    finds_out(stage, "key_refused")
    escalated = stage.incident_of(SERIES, "escalated", within=10)
    (told,) = stage.daemon.notifications(SERIES, "escalated")
    stage.expect(f"with its cause: {told['lines']}", "API key" in str(told["lines"]))
    stage.let_pass(10)

    stage.expect("nothing was tried", changing(stage, escalated) == [])
    stage.expect("told once", stage.tellings(SERIES) == ["opened", "escalated"])
    stage.only(before)
    stage.alive()
