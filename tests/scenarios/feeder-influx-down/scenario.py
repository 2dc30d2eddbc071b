"""While InfluxDB is down its feeder is not touched, and once it is back the feeder gets the time to write again."""

from tests.scenarios.feeds import FEEDER, SERIES, begin
from tests.scenarios.stage import Stage

LEANS_ON = ("influxdb",)


def scenario(stage: Stage) -> None:
    """Given InfluxDB that crashes at every start for a while, then only InfluxDB is started, until points arrive again."""
    told = stage.work / "told"
    told.mkdir()
    before = begin(stage)

    (told / "always-crash").touch()
    stage.crash("influxdb")
    stage.incident_of("influxdb", "verifying", within=10)
    stage.let_pass(14)
    (told / "always-crash").unlink()
    healed = stage.incident_of("influxdb", "resolved", within=60)
    stage.standing(SERIES, lambda row: row["status"] == "ok" and row["state"] == "well", within=60)

    starts = len(stage.steps(str(healed["id"])))
    stage.expect(f"InfluxDB was started {starts} times", healed["ending"] == "healed" and starts > 0)
    for incident in stage.incidents(SERIES):
        said = [
            str(line.get("text")) for line in stage.story(str(incident["id"])) if line["kind"] == "step.ended"
        ]
        print(f"    {SERIES} was silent, too: {', '.join(said) or 'over before it was looked into'}")
        stage.expect(f"{SERIES} came back by itself", incident["ending"] == "recovered")
    stage.expect("the feeder was left alone", not stage.incidents(FEEDER))
    stage.only(before, influxdb={"start": starts})
    stage.alive()
