"""Pings go out only while watchdog does its whole work; a hung engine and a stuck journal are told with the reason."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.scenarios.proxy import EngineProxy, Road
from tests.scenarios.receiver import Heard, Receiver
from tests.scenarios.stage import Stage

TOKEN = "5f3c1a2b-7777-4444-8888-canary000001"
PUSH = "kAnArYpush1"
EVERY, QUICK, WITHIN = 31.0, 15.0, 4.0
SLACK = 3.0


def scenario(stage: Stage) -> None:
    """Given a receiver of pings, when everything works it hears so; when not, it hears what does not."""
    with EngineProxy(stage.work / "engine.sock") as proxy, Receiver() as receiver:
        stage.up()
        speaks_like_healthchecks(stage, proxy, receiver)
        speaks_like_kuma(stage, proxy, receiver)
    log = stage.daemon.log()
    stage.expect("no token in the log", TOKEN not in log and PUSH not in log)
    journal = b"".join(path.read_bytes() for path in stage.daemon.state.glob("journal.db*"))
    stage.expect("nor in the journal", TOKEN.encode() not in journal and PUSH.encode() not in journal)


def speaks_like_healthchecks(stage: Stage, proxy: EngineProxy, receiver: Receiver) -> None:
    """Start and success with one rid; an engine that hangs makes it a fail, and its return a success."""
    stage.daemon.environment["HEARTBEAT_URL"] = receiver.url(f"/ping/{TOKEN}")
    stage.start_daemon()
    stage.watching("app")
    first = heard(stage, receiver, "success", within=WITHIN + SLACK)
    (start,) = receiver.pings("start")
    stage.expect("the same rid for start and end", start.query["rid"] == first.query["rid"])
    stage.expect("in this order", start.at < first.at and start.path == f"/ping/{TOKEN}/start")
    stage.expect("posted to the address itself", (first.method, first.path) == ("POST", f"/ping/{TOKEN}"))

    hung = time.monotonic()
    proxy.be(Road.SWALLOW)
    fail = heard(stage, receiver, "fail", within=EVERY + WITHIN + SLACK)
    stage.timing.detect = fail.at - hung
    stage.expect(f"the engine is named: {fail.body}", "The Docker engine cannot be asked" in fail.body)
    stage.expect(f"and nothing else is: {fail.body}", "no progress" not in fail.body)
    stage.expect("no success since it hung", not receiver.pings("success", after=hung + 0.5))
    beat = next(ping for ping in receiver.pings("start") if ping.query["rid"] == fail.query["rid"])
    stage.expect("a start for each end, another rid each time", beat.query["rid"] != start.query["rid"])
    stage.expect("everything else goes on", stage.daemon.ask("/status") is not None)

    returned = time.monotonic()
    proxy.be(Road.PASS)
    success = heard(stage, receiver, "success", after=returned, within=EVERY + WITHIN + SLACK)
    stage.timing.heal = success.at - returned
    stage.expect("it stops cleanly", stage.daemon.end() == 0)
    minute = [ping for ping in receiver.pings() if ping.at > success.at - 60]
    stage.expect(f"{len(minute)} pings in a minute, at most 5", len(minute) <= 5)


def speaks_like_kuma(stage: Stage, proxy: EngineProxy, receiver: Receiver) -> None:
    """Up and down at a push URL; a receiver that is away delays nothing, and is tried again."""
    stage.daemon.environment["HEARTBEAT_URL"] = receiver.url(f"/api/push/{PUSH}?status=up&msg=OK&ping=")
    began = time.monotonic()
    receiver.status = 500
    stage.start_daemon(config="quick.yml")
    stage.watching("app")
    lost = heard(stage, receiver, "up", after=began, within=WITHIN + SLACK)
    stage.wait("it is told in the log", lambda: '"heartbeat.failed"' in stage.daemon.log(), SLACK)
    before = stage.mark()
    stage.crash("app")
    died = stage.engine.await_event("app", "die", after=before)
    started = stage.engine.await_event("app", "start", after=died.at, within=5)
    stage.expect("healing is not delayed", started.at - died.at < 2)

    receiver.status = 200
    proxy.be(Road.SWALLOW)
    with journal_held(stage):
        down = heard(stage, receiver, "down", after=lost.at, within=QUICK + WITHIN + SLACK)
    said = down.query["msg"]
    stage.expect(f"tried again, with both reasons: {said}", "The Docker engine cannot be asked" in said)
    stage.expect(f"with both reasons: {said}", "The journal made no progress within 4 s" in said)

    proxy.be(Road.PASS)
    up = heard(stage, receiver, "up", after=down.at, within=QUICK + WITHIN + SLACK)
    stage.expect(f"in Kuma's words: {up.query}", up.query["msg"] == "OK" and up.query["ping"].isdigit())
    stage.expect("no start for Kuma", {ping.word for ping in receiver.pings(after=began)} == {"up", "down"})
    stage.expect("it stops cleanly", stage.daemon.end() == 0)


@contextmanager
def journal_held(stage: Stage) -> Iterator[None]:
    """Somebody's sqlite3 shell with an open transaction: every write waits."""
    with closing(sqlite3.connect(stage.daemon.state / "journal.db", isolation_level=None)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        yield
        shell.execute("ROLLBACK")


def heard(stage: Stage, receiver: Receiver, word: str, *, within: float, after: float = 0) -> Heard:
    """Wait for the first such ping."""
    stage.wait(f"a ping that says {word}", lambda: receiver.pings(word, after=after), within)
    return receiver.pings(word, after=after)[0]
