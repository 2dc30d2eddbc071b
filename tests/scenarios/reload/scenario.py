"""A new configuration is in force at once, in the middle of an incident; a broken one changes nothing."""

import json
import signal
import socket
import urllib.request

from tests.scenarios.stage import START, STOP, Stage, seconds_at, sum_acts

LAST_RELOAD = "watchdog_config_last_reload_ok"


def scenario(stage: Stage) -> None:
    """Given an incident that waits for an hour, when the waits are shortened, then it goes on at once."""
    stage.daemon.environment["WATCHDOG_LISTEN"] = f"127.0.0.1:{free_port()}"
    well = stage.work / "outside" / "well"
    well.parent.mkdir(mode=0o755)
    well.touch()
    stage.up()
    stage.start_daemon()
    stage.watching("app", "neighbour")
    before = stage.mark()
    well.unlink()
    incident = stage.incident_of("app", "acting", within=20)
    stage.wait("the first attempt did not help", lambda: attempts(stage) == 1 and waits(stage), 30)

    # 1. Shorter waits and fewer attempts, and hands off the neighbour: heard at once, said in JSON.
    file = stage.work / "watchdog.yml"
    good = file.read_text(encoding="utf-8")
    shorter = good.replace("{first: 1h, longest: 1h}", "{first: 1s, longest: 1s, attempts: 2}")
    file.write_text(shorter + "targets: {neighbour: {hold: true}}\n", encoding="utf-8")
    reloaded = stage.daemon.command("reload")
    stage.expect(f"reloaded: {reloaded}", reloaded["ok"] and not reloaded["needs_restart"])
    seen = {change["key"]: (change["before"], change["after"]) for change in reloaded["changes"]}
    stage.expect(
        f"the changes: {seen}",
        seen
        == {
            "guardrails.attempts": ("5", "2"),
            "guardrails.first": ("1h", "1s"),
            "guardrails.longest": ("1h", "1s"),
            "targets.neighbour.hold": (None, "true"),
        },
    )
    escalated = stage.incident_of("app", "escalated", within=30)
    stage.expect("the same incident", escalated["id"] == incident["id"])
    stage.expect(f"after two attempts: {escalated['attempts']}", escalated["attempts"] == 2)
    stage.timing.heal = seconds_at(stage.steps(incident["id"])[-1]["at"]) - seconds_at(reloaded["at"])
    stage.crash("neighbour")
    stage.let_pass(7)
    stage.only(before, app=sum_acts(STOP, START, STOP, START))

    # 2. A broken file: everything that is wrong is said, exit 78, and the old one stays.
    file.write_text(shorter.replace("sweep: 5s", "sweep: 5") + "targts: {}\n", encoding="utf-8")
    refused = stage.daemon.command("reload", check=False)
    stage.expect(f"refused: {refused}", refused["ok"] is False and len(refused["problems"]) == 2)
    status = stage.daemon.command("status", check=False)
    stage.expect("the status says so", status["config"]["problems"] == refused["problems"])
    stage.expect("a metric says so", metric(stage, LAST_RELOAD) == 0)
    stage.expect(
        "health says so", web(stage, "/healthz") == '{"status": "degraded", "reasons": ["reload-failed"]}'
    )
    stage.let_pass(6)
    stage.only(before, app=sum_acts(STOP, START, STOP, START))

    # 3. Mended, and by a signal: the neighbour is given back, and what lay down meanwhile is healed.
    file.write_text(shorter, encoding="utf-8")
    given_back = stage.mark()
    stage.daemon.signal(signal.SIGHUP)
    started = stage.engine.await_event("neighbour", "start", after=given_back, within=15)
    stage.timing.detect = started.at - given_back
    stage.incident_of("neighbour", "resolved", within=30)
    stage.expect("the metric says so", metric(stage, LAST_RELOAD) == 1)

    # 4. What was decided before is what it was: the hand-over stands, and a human's cure ends it.
    well.touch()
    stage.incident_of("app", "resolved", within=30)
    stage.only(before, app=sum_acts(STOP, START, STOP, START), neighbour=START)
    stage.only_incidents(("app", "recovered"), ("neighbour", "healed"))
    stage.expect(f"who wanted it is written down: {who(stage)}", who(stage)[-1] == "signal HUP")
    stage.alive()


def who(stage: Stage) -> list[str]:
    """Who had it reloaded, by the log."""
    lines = [line for line in stage.daemon.log().splitlines() if '"config.reload' in line]
    return [str(json.loads(line)["by"]) for line in lines]


def attempts(stage: Stage) -> int:
    """How many attempts were made on app."""
    return int(stage.incidents("app")[-1]["attempts"])


def waits(stage: Stage) -> bool:
    """Whether its next attempt has to wait."""
    rows = (stage.daemon.ask("/status") or {}).get("targets", [])
    return any(row["target"] == "app" and row["state"] == "waiting" for row in rows)


def free_port() -> int:
    """A port where nothing listens now."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def web(stage: Stage, path: str) -> str:
    """What the web surface answers."""
    address = stage.daemon.environment["WATCHDOG_LISTEN"]
    with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
        return str(answer.read().decode())


def metric(stage: Stage, name: str) -> float:
    """The value of a metric without labels."""
    line = next(line for line in web(stage, "/metrics").splitlines() if line.startswith(f"{name} "))
    return float(line.split()[1])
