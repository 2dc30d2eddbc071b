"""An Nginx that falls is started, one that hangs is tested and restarted; Grafana behind it is left alone."""

from tests.scenarios.stage import START, Stage
from tests.scenarios.web import (
    FRONT,
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
    """Given a page behind Nginx, when Nginx falls, and later hangs, then it is served again each time."""
    before = begin(stage)
    falls(stage, before)
    stage.only(before, nginx=START)

    before = stage.mark()
    hangs(stage, before)
    stage.expect("Grafana was not touched", not stage.engine.acts(after=before).get("grafana"))
    stage.alive()


def falls(stage: Stage, before: float) -> None:
    """Its container has an incident of its own; the page waits for it, and nothing is done twice."""
    stage.crash(FRONT)
    stage.incident_of(FRONT, "resolved", within=30)
    stage.standing(PAGE, lambda row: row["status"] == "ok" and row["state"] == "well", within=30)
    for incident in stage.incidents(PAGE):
        stage.expect("the page waited for its front", changing(stage, incident) == [])


def hangs(stage: Stage, before: float) -> None:
    """Nothing but the page shows it. Its configuration is tested before it is stopped."""
    freeze(stage, FRONT, "nginx")
    found(stage, "web_front_hangs", before)
    incident = served_again(stage, within=90)
    timed(stage, before, ended_at(stage, incident, "restart_nginx"), incident)
    done = changing(stage, incident)
    stage.expect(f"a reload was tried before the restart: {done}", done == ["reload_nginx", "restart_nginx"])
    stage.expect("healed by watchdog", incident["ending"] == "healed")
    stage.expect("both logs are kept", kept_logs(stage, incident))
