"""A socket that refuses long enough ends the daemon with 75, to be restarted; every other loss is waited out."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.scenarios.proxy import EngineProxy, Road
from tests.scenarios.stage import START, Stage

REFUSED_EXIT, RECONNECT, SWEEP = 8.0, 1.0, 5.0
SLACK = 3.0
# People are told of an absence that has lasted for so long.
ENGINE, GONE_FOR = "Docker engine", 30.0
TEMPORARY_FAILURE = 75


def scenario(stage: Stage) -> None:
    """Given an engine that goes away in several ways, then nothing is done, and only a stale socket ends us."""
    stage.up()
    path = stage.work / "engine.sock"
    before = stage.mark()
    with EngineProxy(path) as proxy:
        stage.start_daemon()
        stage.watching("app")
        for road in (Road.REFUSE, Road.SWALLOW):
            waited_out(stage, proxy, road)
        with a_stale_socket(proxy, path):
            stage.let_pass(REFUSED_EXIT / 2)
        found_again(stage)
        stage.expect("a refusal with a break in it is waited out", stage.daemon.runs)
        stage.only(before)
        stage.only_incidents()
        told = len(stage.daemon.notifications(ENGINE, "engine_lost"))
        stage.expect(f"told of the one that lasted, once: {told}", told == 1)

        gone = time.monotonic()
        with a_stale_socket(proxy, path):
            code = stage.daemon.ended(within=REFUSED_EXIT + RECONNECT + SLACK)
            stage.timing.detect = time.monotonic() - gone
            stage.crash("app")
        stage.expect(f"it ends with 75, to be restarted: {code}", code == TEMPORARY_FAILURE)
        stage.expect(f"not before {REFUSED_EXIT:g} s", stage.timing.detect >= REFUSED_EXIT)
        stage.expect("the log says why", '"engine.refused"' in stage.daemon.log())
        stage.only(before)

        stage.start_daemon()
        incident = stage.incident_of("app", "resolved")
        stage.expect("what died meanwhile is healed", incident["ending"] == "healed")
        stage.only(before, app=START)
        stage.alive()
        stage.expect("it stops cleanly", stage.daemon.end() == 0)


def waited_out(stage: Stage, proxy: EngineProxy, road: Road) -> None:
    """Longer than a refusal is borne: all is unknown, nothing is done, nobody leaves; then it is found again."""
    proxy.be(road)
    stage.standing("app", lambda row: row["status"] == "unknown", within=SWEEP + 4 + SLACK)
    stage.let_pass(REFUSED_EXIT + RECONNECT + 1)
    if road is Road.SWALLOW:
        stage.wait("people are told", lambda: stage.daemon.notifications(ENGINE, "engine_lost"), GONE_FOR)
    stage.expect(f"{road}: it is still there", stage.daemon.runs)
    proxy.be(Road.PASS)
    found_again(stage)


def found_again(stage: Stage) -> None:
    """The engine is connected, and the target seen."""
    stage.standing("app", lambda row: row["status"] == "ok", within=SWEEP + SLACK)
    stage.wait(
        "connected again",
        lambda: (stage.daemon.ask("/status") or {}).get("engine", {}).get("connected"),
        SWEEP + SLACK,
    )


@contextmanager
def a_stale_socket(proxy: EngineProxy, path: Path) -> Iterator[None]:
    """The socket's file is there, and nobody listens: as a bind-mounted one after the engine was restarted."""
    proxy.be(Road.REFUSE)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    yield
    path.unlink()
    proxy.be(Road.PASS)
