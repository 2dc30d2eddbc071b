"""Where Nginx cannot come up, Grafana is published for a while: served, counted down, and withdrawn in any case."""

from tests.scenarios.bypasses import BREAK, IMAGE, REBUILD, answers, closes, forwarders, free_port, opens
from tests.scenarios.interval import detected
from tests.scenarios.stage import Stage, seconds_at
from tests.scenarios.web import FRONT, PAGE, begin, served_again

LEANS_ON = ("grafana",)
LASTS = 12.0


def scenario(stage: Stage) -> None:
    """Given an Nginx whose configuration is broken, when it falls, then a bypass opens, serves and closes by itself."""
    port = free_port()
    stage.daemon.environment["WATCHDOG_IMAGE"] = IMAGE
    begin(
        stage,
        {
            "- open_bypass: {}": f"- open_bypass: {{published: {port}, lasts: {LASTS:g}s}}",
            REBUILD: "",
        },
    )
    nginx = stage.work / "nginx" / "nginx.conf"
    good = nginx.read_text(encoding="utf-8")

    # By itself, when its time is over.
    nginx.write_text(good.replace(*BREAK), encoding="utf-8")
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
    nginx.write_text(good.replace(*BREAK), encoding="utf-8")
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
