"""A feeder that hangs and calls itself healthy is found out and restarted; only new points prove that it helped."""

from tests.scenarios.feeds import FEEDER, SERIES, begin, changing, fell_silent, finds_out
from tests.scenarios.stage import START, STOP, Stage, seconds_at, sum_acts

LEANS_ON = ("influxdb",)


def scenario(stage: Stage) -> None:
    """Given points that arrive, when the feeder hangs, then it is restarted once, and its points are the proof."""
    before = begin(stage)

    stage.inside(FEEDER, "touch /dev/shm/demo/silent")
    fell_silent(stage, before)
    finds_out(stage, "hung")
    started = stage.engine.await_event(FEEDER, "start", after=before, within=40)
    stage.timing.heal = started.at - before
    healed = stage.incident_of(SERIES, "resolved", within=60)
    stage.timing.verify = seconds_at(healed["resolved"]) - started.at

    stage.expect("by one restart", changing(stage, healed) == ["restart_container"])
    stage.expect("healed by watchdog", healed["ending"] == "healed")
    stage.only(before, **{FEEDER.replace("-", "_"): sum_acts(STOP, START)})
    stage.alive()
