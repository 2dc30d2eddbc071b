"""A token that InfluxDB refuses is a mistake of the configuration: people are told, and nobody is restarted for it."""

from tests.scenarios.feeds import FEEDER, SERIES, begin
from tests.scenarios.interval import longest
from tests.scenarios.stage import Stage, seconds_at

LEANS_ON = ("influxdb",)
WRONG = "a-token-of-yesterday"


def scenario(stage: Stage) -> None:
    """Given points that arrive, when watchdog's token is refused, then that is told once, and its end once it is mended."""
    before = begin(stage)
    stage.expect("it stops cleanly", stage.daemon.end() == 0)

    stage.daemon.environment["INFLUXDB_TOKEN"] = WRONG
    began = stage.mark()
    stage.start_daemon()
    stage.wait("people are told", lambda: stage.daemon.notifications(SERIES, "warned"), 30)
    (told,) = stage.daemon.notifications(SERIES, "warned")
    print(f"    {told['event']}")
    stage.timing.detect = seconds_at(told["timestamp"]) - began
    most = longest(stage, "feeds") + 2
    stage.expect(f"told within an interval: {stage.timing.detect:.1f} s", stage.timing.detect < most)
    stage.expect("it says that it is the token", "refused the token" in str(told["event"]))
    stage.let_pass(13)  # longer than a series may be silent
    stage.expect("told once", len(stage.daemon.notifications(SERIES, "warned")) == 1)
    stage.expect("the token is in no log", WRONG not in stage.daemon.log())
    stage.expect("it stops cleanly", stage.daemon.end() == 0)

    stage.daemon.environment["INFLUXDB_TOKEN"] = "scenario-token"
    stage.start_daemon()
    stage.wait("its end is told", lambda: stage.daemon.notifications(SERIES, "warning_over"), 40)
    stage.expect("told once over both lives", len(stage.daemon.notifications(SERIES, "warned")) <= 1)
    stage.only_incidents()
    stage.only(before)
    stage.expect(f"{FEEDER} runs on", stage.status_of(FEEDER) == "running")
    stage.alive()
