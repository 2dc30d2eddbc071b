"""The API behind Nginx hangs, and later its program is dead, in a container that is called healthy: it alone is restarted."""

from tests.scenarios.daemon import Json
from tests.scenarios.interval import detected
from tests.scenarios.shipped import write
from tests.scenarios.stage import PLAYBOOKS, START, STOP, Stage, seconds_at, sum_acts
from tests.scenarios.web import FRONT, NGINX, PAGE, begin, changing, ended_at, freeze, timed

API, LISTS = "watchlist-api", "watchlists"
LEANS_ON = ("grafana", API)
# What is written otherwise than in the file that is shipped: names and times.
SHIPPED = {
    "bloomberg-watchlist-api": API,
    "bloomberg-nginx": FRONT,
    "autonomy: act\n": "autonomy: act\nlimits: {first: 1s, longest: 2s}\n",
    "{within: 20s, stable: 10s}": "{within: 6s, stable: 4s}",
    "{within: 60s, stable: 10s}": "{within: 12s, stable: 4s}",
}
# Behind the same Nginx, as in the real stack.
BEHIND = {
    "upstream grafana { server grafana:3000; }": (
        "upstream grafana { server grafana:3000; }\n    upstream watchlist_api { server watchlist-api:8000; }"
    ),
    "server { listen 80; ": "server { listen 80; location /api/v1/ { proxy_pass http://watchlist_api/; } ",
}
# Its answers have the shapes of the real one's.
PROGRAM = """
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"status": "healthy", "database": "connected", "version": "stand-in"}).encode()
        self.send_response(200 if self.path == "/health" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

ThreadingHTTPServer(("", 8000), Answers).serve_forever()
"""
# The program is gone, and what keeps the container up is not.
KILL_PROGRAM = "for p in /proc/[0-9]*; do grep -qsx python3 $p/comm && kill -KILL ${p#/proc/}; done"


def scenario(stage: Stage) -> None:
    """Given an API behind Nginx, when it hangs, dies inside of its container, or Nginx hangs, then one is restarted."""
    before = serve(stage)
    hangs(stage, before)
    stage.only(before, watchlist_api=sum_acts(STOP, START))

    before = stage.mark()
    dies_inside(stage, before)
    stage.only(before, watchlist_api=sum_acts(STOP, START))
    stage.only_incidents((LISTS, "healed"), (LISTS, "healed"))
    stage.expect("the dashboard was well all the time", not stage.incidents(PAGE))

    before = stage.mark()
    nginx_hangs_for_both(stage, before)
    stage.alive()


def serve(stage: Stage) -> float:
    """The stack runs, and both pages are served through the same Nginx; the mark after that."""
    conf = NGINX
    for old, new in BEHIND.items():
        stage.expect(f"the configuration of Nginx holds {old}", old in conf)
        conf = conf.replace(old, new)
    (stage.work / "api.py").write_text(PROGRAM, encoding="utf-8")
    (stage.work / "playbooks").mkdir()
    write(PLAYBOOKS / "api-unreachable.yml", stage.work / "playbooks" / "api-unreachable.yml", SHIPPED)
    begin(stage, nginx=conf)
    stage.watching(API)
    stage.standing(LISTS, lambda row: row["status"] == "ok", within=30)
    return stage.mark()


def hangs(stage: Stage, before: float) -> None:
    """It takes connections and never answers, through Nginx and directly; its container is called healthy."""
    freeze(stage, API, "python3")
    incident = served_again(stage, before)
    timed(stage, before, ended_at(stage, incident, "restart_container"), incident)
    detected(stage, incident, before)


def dies_inside(stage: Stage, before: float) -> None:
    """Its program has ended and its container has not: nobody answers at the port."""
    stage.inside(API, KILL_PROGRAM)
    served_again(stage, before)


def served_again(stage: Stage, before: float) -> Json:
    """One restart of it, seen by what people ask for; its container had no incident of its own."""
    stage.wait("it is seen", lambda: opened(stage, before), 20)
    incident = stage.incident_of(LISTS, "resolved", within=60)
    done = changing(stage, incident)
    stage.expect(f"found at the API: {incident['finding']}", incident["finding"]["kind"] == "web_app_down")
    sick = [
        t
        for t in stage.engine.told(API, "health_status", after=before)
        if t.attributes["health"] != "healthy"
    ]
    stage.expect("its container was called healthy all the time", not sick)
    stage.expect(f"by one restart: {done}", done == ["restart_container"])
    stage.expect("healed by watchdog", incident["ending"] == "healed")
    told = stage.tellings(LISTS)
    stage.expect(f"told that it was seen and healed: {told}", told[-2:] == ["opened", "healed"])
    return incident


def opened(stage: Stage, since: float) -> bool:
    """Whether the page of the API has an incident that began after this mark."""
    mine = stage.incidents(LISTS)
    return bool(mine) and seconds_at(mine[-1]["opened"]) > since


def nginx_hangs_for_both(stage: Stage, before: float) -> None:
    """Two pages, two remedies, one Nginx, deaf to SIGTERM: the engine sends SIGKILL after its second of patience."""
    freeze(stage, FRONT, "nginx")
    stage.wait("it is seen", lambda: opened(stage, before), 20)
    stage.incident_of(LISTS, "resolved", within=60)
    stage.incident_of(PAGE, "resolved", within=60)
    restarts = [
        step
        for target in (LISTS, PAGE)
        for incident in stage.incidents(target)
        for step in stage.steps(str(incident["id"]))
        if step["action"] == "restart_nginx" and step["result"] == "done"
    ]
    stage.expect(f"it is restarted once, not once for each page: {restarts}", len(restarts) == 1)
    stage.only(before, nginx=sum_acts(STOP, {"kill": 1}, START))
