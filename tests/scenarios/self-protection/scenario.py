"""It never acts on its own container or service, nor outside of its project, whatever these are called or made of."""

import os
import signal
from contextlib import suppress

from tests.scenarios.boxed import IMAGE, OVERRIDE, BoxedDaemon, build_image
from tests.scenarios.stage import START, Failed, Stage, seconds_at

BUSYBOX = "watchdog-test/busybox:local"
PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"
FRAIL = "while test ! -e /sick; do sleep 0.1; done; exit 3"


def scenario(stage: Stage) -> None:
    """Given look-alikes in and outside of its project, when all fall, then it mends its own targets, and only those."""
    build_image()
    daemon = move_in(stage)
    own = daemon.container
    strangers: list[str] = []
    try:
        # Of no project, and of watchdog's own image.
        strangers.append(stranger(stage, "--entrypoint", "sleep", IMAGE, "100000"))
        # A service of the same name, in a project whose name begins like ours.
        other = (f"{PROJECT}={stage.project}-other", f"{SERVICE}=app")
        strangers.append(stranger(stage, BUSYBOX, "sh", "-c", FRAIL, labels=other))
        # Says that it is watchdog, and wants to be healed.
        forged = (f"{PROJECT}={stage.project}", f"{SERVICE}=watchdog", "watchdog.enable=true")
        strangers.append(stranger(stage, BUSYBOX, "sh", "-c", FRAIL, labels=forged))
        before = stage.mark()
        everything_falls(stage, strangers, before)
        its_own_service_is_not_replaced(stage, daemon, own)
        for each in strangers:
            status = stage.docker("inspect", "-f", "{{.State.Status}} {{.State.StartedAt}}", each).split()
            stage.expect(f"a stranger was left as it is: {status}", status[0] == "exited")
        acts = stage.engine.acts(after=before)
        for name in ("app", "twin"):
            stage.expect(f"{name} was started once: {acts[name]}", acts[name] == START)
        stage.only_incidents(("app", "healed"), ("twin", "healed"))
        stage.expect("the daemon is the same one, and alive", daemon.runs and daemon.life()["Pid"])
    finally:
        second = stage.containers(f"label={SERVICE}=watchdog", f"label={NUMBER}=2")
        for each in (*strangers, *second):
            with suppress(Failed):
                stage.docker("rm", "-f", "-v", each)


def move_in(stage: Stage) -> BoxedDaemon:
    """As a sidecar, without the label that hides it: it must know itself without that."""
    daemon = BoxedDaemon(stage.work, stage.project)
    stage.daemon = daemon
    daemon.move_in()
    file = daemon.folder / OVERRIDE
    file.write_text(file.read_text("utf-8").replace('watchdog.enable: "false"', "test: without"), "utf-8")
    stage.engine.open()
    stage.start_daemon(within=40)
    stage.watching("app", "twin")
    return daemon


def stranger(stage: Stage, *words: str, labels: tuple[str, ...] = ()) -> str:
    """Somebody else's container."""
    said = [word for label in labels for word in ("--label", label)]
    return stage.docker("run", "-d", "--init", *said, *words).strip()


def everything_falls(stage: Stage, strangers: list[str], before: float) -> None:
    """Its targets come back, also the one that is made of its own image."""
    for each in (*strangers, stage.container("app"), stage.container("twin")):
        os.kill(int(stage.docker("inspect", "-f", "{{.State.Pid}}", each)), signal.SIGKILL)
    died = stage.engine.await_event("app", "die", after=before)
    started = stage.engine.await_event("app", "start", after=died.at, within=10)
    incident = stage.incident_of("app", "resolved", within=40)
    stage.timing.detect = seconds_at(incident["opened"]) - died.at
    stage.timing.heal = started.at - died.at
    stage.timing.verify = seconds_at(incident["resolved"]) - started.at
    stage.incident_of("twin", "resolved", within=40)


def its_own_service_is_not_replaced(stage: Stage, daemon: BoxedDaemon, own: str) -> None:
    """A second watchdog by mistake fails over and over, for want of the journal. To replace it would be to replace itself."""
    daemon.compose("up", "-d", "--no-deps", "--no-recreate", "--scale", "watchdog=2", "watchdog")
    scaled = stage.mark()
    label = f"label={SERVICE}=watchdog"
    stage.engine.await_event("watchdog", "die", after=scaled - 20, within=30)
    stage.let_pass(20)
    targets = {row["target"] for row in (daemon.ask("/status") or {})["targets"]}
    stage.expect(f"its own service is none of its targets: {targets}", targets == {"app", "twin"})
    stage.expect("its container is there still", own in stage.containers(label))
    stage.expect("nobody stopped or replaced it", not stage.engine.told("watchdog", "destroy", after=scaled))
