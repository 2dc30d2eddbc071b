"""What the scenarios of the web front share: its stack, the page, and the shipped playbook with its names and shorter waits.

The page is asked for as people reach it (through a real Nginx), and straight at Grafana. Nginx resolves the name of
Grafana once, at its start, like the real one. It has no healthcheck here, so that only the page shows that it hangs.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from tests.scenarios.daemon import Json
from tests.scenarios.failed import Failed
from tests.scenarios.interval import detected
from tests.scenarios.shipped import write
from tests.scenarios.stage import PLAYBOOKS, Stage, seconds_at

PAGE, FRONT, APP = "dashboard", "nginx", "grafana"
# What is written otherwise than in the file that is shipped: names and times.
PLAYBOOK = {
    "bloomberg-nginx": FRONT,
    "bloomberg-grafana": APP,
    "limits: {attempts: 8, longest: 80s}": "limits: {attempts: 8, first: 1s, longest: 2s}",
    "{within: 20s, stable: 10s}": "{within: 6s, stable: 4s}",
    "{within: 60s, stable: 10s}": "{within: 12s, stable: 4s}",
    "{within: 90s, stable: 10s}": "{within: 20s, stable: 4s}",
}
NGINX = """
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 64; }
http {
    access_log off;
    proxy_connect_timeout 2s;
    upstream grafana { server grafana:3000; }
    server { listen 80; location / { proxy_pass http://grafana; } }
}
"""
FREEZE = "for p in /proc/[0-9]*; do grep -qsx NAME $p/comm && kill -STOP ${p#/proc/}; done"


def begin(stage: Stage, more: Mapping[str, str] | None = None, nginx: str = NGINX) -> float:
    """The stack runs, the page is served, and the daemon knows; the mark from which on acts are counted."""
    folder, conf = stage.work / "playbooks", stage.work / "nginx"
    folder.mkdir(exist_ok=True)
    conf.mkdir()
    (conf / "nginx.conf").write_text(nginx, encoding="utf-8")
    shutil.copy(PLAYBOOKS / "container-crash.yml", folder)
    write(PLAYBOOKS / "web-unreachable.yml", folder / "web-unreachable.yml", {**PLAYBOOK, **(more or {})})
    stage.up()
    stage.start_daemon()
    stage.watching(FRONT, APP)
    stage.standing(PAGE, lambda row: row["status"] == "ok", within=30)
    return stage.mark()


def freeze(stage: Stage, service: str, name: str) -> None:
    """Every process of this name in the container stands still, and its port stays open."""
    stage.inside(service, FREEZE.replace("NAME", name))


def found(stage: Stage, kind: str, since: float, *, within: float = 40) -> Json:
    """Wait until the page is found to be so; its incident. Notes how long that took."""

    def there() -> bool:
        mine = stage.incidents(PAGE)
        return bool(mine) and str(mine[-1]["finding"]["kind"]) == kind

    stage.wait(f"the page is found to be {kind}", there, within)
    incident = stage.incidents(PAGE)[-1]
    detected(stage, incident, since)
    return incident


def served_again(stage: Stage, *, within: float = 60) -> Json:
    """Wait until the page's incident is over; the incident."""
    return stage.incident_of(PAGE, "resolved", within=within)


def changing(stage: Stage, incident: Json) -> list[str]:
    """The steps of an incident that were done, in order."""
    return [str(s["action"]) for s in stage.steps(str(incident["id"])) if s["result"] == "done"]


def kept_logs(stage: Stage, incident: Json) -> bool:
    """Whether the last lines of both logs are in the story."""
    ends = [line for line in stage.story(str(incident["id"])) if line["kind"] == "step.ended"]
    return [str(line["action"]) for line in ends].count("collect_logs") >= len((FRONT, APP))


def timed(stage: Stage, since: float, healed_at: float, incident: Json) -> None:
    """Note how long it took until it was up again, and until that was proven."""
    stage.timing.heal = healed_at - since
    stage.timing.verify = seconds_at(incident["resolved"]) - healed_at


def ended_at(stage: Stage, incident: Json, action: str) -> float:
    """When the last step with this action was over."""
    ends = [seconds_at(s["at"]) for s in stage.steps(str(incident["id"])) if s["action"] == action]
    if not ends:
        raise Failed(f"no {action} in incident {incident['id']}")
    return ends[-1]
