"""Broken files at start: exit 78 with all problems, unless there is a last good one, which then heals and says so."""

import os
import subprocess
import sys

from tests.scenarios.stage import START, Stage, seconds_at, sum_acts


def scenario(stage: Stage) -> None:
    """Given a configuration with three mistakes, when the daemon starts, then it never starts silently."""
    stage.up()
    before = stage.mark()
    file = stage.work / "watchdog.yml"
    good = file.read_text(encoding="utf-8")
    bad = good.replace("sweep: 5s", "sweep: 5") + "guardrails: {attempts: 0}\nwotch: {}\n"
    file.write_text(bad, encoding="utf-8")

    # 1. Nothing is known of a good one: it does not start, and says all that is wrong.
    stage.daemon.launch()
    stage.expect("exit 78", stage.daemon.ended(10) == os.EX_CONFIG)
    stage.expect("all three mistakes", told_all(stage.daemon.log()))

    # 2. It ran well once; then the files are broken, and it is started again.
    file.write_text(good, encoding="utf-8")
    stage.start_daemon()
    stage.watching("app")
    stage.daemon.end()
    file.write_text(bad, encoding="utf-8")
    stage.start_daemon()
    stage.watching("app")
    status = stage.daemon.command("status", check=False)
    stage.expect(f"not well, though every target is: {status}", not status["well"])
    stage.expect(f"the status says why: {status['config']}", status["config"]["broken"])
    stage.expect("all of it", told_all("\n".join(status["config"]["problems"])))
    stage.expect("its health says so", health(stage) == (0, "degraded: config-broken\n"))
    stage.wait("people are told", lambda: told(stage) == ["config_broken"], 5)

    # 3. It heals all the same.
    fallen = stage.mark()
    stage.crash("app")
    healed = stage.incident_of("app", "resolved", within=40)
    stage.expect("healed", healed["ending"] == "healed")
    stage.timing.detect = seconds_at(healed["opened"]) - fallen
    stage.timing.heal = stage.engine.await_event("app", "start", after=fallen).at - fallen

    # 4. A restart by whoever watches over it tells nobody a second time.
    stage.daemon.kill()
    stage.start_daemon()
    stage.watching("app")
    stage.let_pass(2)
    stage.expect(f"told once: {told(stage)}", told(stage) == ["config_broken"])

    # 5. A reload of what is still broken says what is left; mended, everything is normal again.
    file.write_text(good.replace("sweep: 5s", "sweep: 5"), encoding="utf-8")
    refused = stage.daemon.command("reload", check=False)
    stage.expect(f"still broken: {refused}", len(refused["problems"]) == 1)
    file.write_text(good.replace("sweep: 5s", "sweep: 6s"), encoding="utf-8")
    reloaded = stage.daemon.command("reload")
    stage.expect(f"mended: {reloaded}", [change["key"] for change in reloaded["changes"]] == ["sweep"])
    stage.wait("people are told", lambda: told(stage) == ["config_broken", "config_mended"], 5)
    stage.expect("well again", health(stage) == (0, "ok\n") and stage.daemon.command("status")["well"])
    stage.only(before, app=sum_acts(START))
    stage.only_incidents(("app", "healed"))
    stage.alive()


def told(stage: Stage) -> list[str]:
    """What people were told of the configuration."""
    return [str(said["telling"]) for said in stage.daemon.notifications("configuration")]


def told_all(text: str) -> bool:
    """Whether each of the three mistakes is named."""
    return all(word in text for word in ("sweep", "guardrails.attempts", "wotch"))


def health(stage: Stage) -> tuple[int, str]:
    """What `watchdog healthcheck` says, with its exit code."""
    command = [sys.executable, "-m", "watchdog", "healthcheck"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=20, check=False, env=stage.daemon.environment
    )
    return done.returncode, done.stdout
