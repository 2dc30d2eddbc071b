"""Where Nginx cannot come up, Grafana is published for a while: served, counted down, and withdrawn in any case."""

import http.client
import socket
from contextlib import closing

from tests.scenarios.interval import detected
from tests.scenarios.stage import Stage, seconds_at
from tests.scenarios.web import FRONT, PAGE, begin, served_again

LEANS_ON = ("grafana",)
LASTS = 12.0


def scenario(stage: Stage) -> None:
    """Given an Nginx whose configuration is broken, when it falls, then a bypass opens, serves and closes by itself."""
    port = free_port()
    stage.daemon.environment["WATCHDOG_IMAGE"] = "watchdog-test/front:local"
    begin(
        stage,
        {
            "- open_bypass: {}": f"- open_bypass: {{published: {port}, lasts: {LASTS:g}s}}",
            "  - rebuild_service: {}\n    on: nginx\n    when: [web_front_down, web_both_down]\n"
            "    autonomy: propose\n    verify: {within: 5m, stable: 10s}\n": "",
        },
    )
    nginx = stage.work / "nginx" / "nginx.conf"
    good = nginx.read_text(encoding="utf-8")

    # By itself, when its time is over.
    nginx.write_text(good.replace("listen 80;", "listen 80; no_such_word on;"), encoding="utf-8")
    before = stage.mark()
    stage.crash(FRONT)
    opened = opens(stage, port)
    incident = stage.incident_of(PAGE, "escalated", within=40)
    detected(stage, incident, before)
    stage.timing.heal = opened - before
    closes(stage, port, LASTS + 10)
    told = stage.tellings(PAGE)
    stage.expect(f"told that it opened and closed: {told}", {"bypass_open", "bypass_closed"} <= set(told))
    stage.expect("Grafana was not touched", not stage.engine.acts(after=before).get("grafana"))

    # As soon as the page is served again.
    stage.daemon.command("retry", PAGE)
    opens(stage, port)
    nginx.write_text(good, encoding="utf-8")
    mended = stage.mark()
    stage.daemon.command("retry", FRONT)
    healed = served_again(stage, within=60)
    stage.timing.verify = seconds_at(healed["resolved"]) - mended
    closes(stage, port, 5)

    # After the death of watchdog: by itself, with nobody there.
    nginx.write_text(good.replace("listen 80;", "listen 80; no_such_word on;"), encoding="utf-8")
    stage.crash(FRONT)
    stage.incident_of(PAGE, "escalated", within=60)
    stage.daemon.command("retry", PAGE)
    opened = opens(stage, port)
    stage.daemon.kill()
    stage.expect("it goes on without watchdog", answers(port))
    closes(stage, port, LASTS + 10)
    stage.expect("not for longer than it was to", stage.mark() - opened < LASTS + 8)

    # And what a killed watchdog left open is closed by the next one.
    stage.start_daemon()
    stage.daemon.command("retry", PAGE)
    opened = opens(stage, port)
    stage.daemon.kill()
    stage.start_daemon()
    closes(stage, port, LASTS - (stage.mark() - opened) - 1)
    stage.alive()

    # One that is stopped takes it along.
    stage.daemon.command("retry", PAGE)
    opens(stage, port)
    stage.expect("it stops cleanly", stage.daemon.end() == 0)
    stage.expect("nothing is published any more", not answers(port) and not forwarders(stage))


def opens(stage: Stage, port: int) -> float:
    """Wait until Grafana answers at the port; the mark of that."""
    stage.wait("the bypass serves Grafana", lambda: answers(port), 60)
    return stage.mark()


def closes(stage: Stage, port: int, within: float) -> None:
    """Wait until nothing is open, and its container is gone."""
    stage.wait("the bypass is closed", lambda: not answers(port) and not forwarders(stage), within)


def answers(port: int) -> bool:
    """Whether what is at the port on the loopback interface is Grafana."""
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
            connection.request("GET", "/api/health")
            return b"database" in connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False


def forwarders(stage: Stage) -> list[str]:
    """The containers of bypasses of this stack."""
    label = f"label=watchdog.bypass=com.docker.compose.project={stage.project}"
    return stage.docker("ps", "-aq", "--filter", label).split()


def free_port() -> int:
    """A port of this machine that nobody has at the moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
