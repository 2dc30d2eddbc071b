"""Behind an Nginx that answers 502 it is Grafana that is brought back, down or hanging; Nginx is left alone."""

from tests.scenarios.stage import START, STOP, Stage, sum_acts
from tests.scenarios.web import (
    APP,
    PAGE,
    begin,
    changing,
    ended_at,
    found,
    freeze,
    kept_logs,
    served_again,
    timed,
)

LEANS_ON = ("grafana",)


def scenario(stage: Stage) -> None:
    """Given a page behind Nginx, when Grafana falls, and later hangs, then Grafana alone is touched."""
    before = begin(stage)
    falls(stage)
    stage.only(before, grafana=START)

    before = stage.mark()
    hangs(stage, before)
    stage.only(before, grafana=sum_acts(STOP_FROZEN, START))
    stage.alive()


# Deaf to SIGTERM: the engine sends SIGKILL after its second of patience.
STOP_FROZEN = sum_acts(STOP, {"kill": 1})


def falls(stage: Stage) -> None:
    """Its container has an incident of its own; the page waits for it."""
    stage.crash(APP)
    stage.incident_of(APP, "resolved", within=30)
    stage.standing(PAGE, lambda row: row["status"] == "ok" and row["state"] == "well", within=30)
    for incident in stage.incidents(PAGE):
        stage.expect("the page waited for what is behind it", changing(stage, incident) == [])


def hangs(stage: Stage, before: float) -> None:
    """Its container looks well: only the page shows it, asked for on both ways."""
    freeze(stage, APP, "python3")
    found(stage, "web_app_down", before)
    incident = served_again(stage, within=60)
    timed(stage, before, ended_at(stage, incident, "restart_container"), incident)
    done = changing(stage, incident)
    stage.expect(f"by one restart: {done}", done == ["restart_container"])
    stage.expect("healed by watchdog", incident["ending"] == "healed")
    stage.expect("both logs are kept", kept_logs(stage, incident))
