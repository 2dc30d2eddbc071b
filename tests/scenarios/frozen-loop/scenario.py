"""A frozen daemon ends itself in seconds, sends no success meanwhile, and tells at its next start what froze."""

import signal
import sys
import time
from pathlib import Path

from tests.scenarios.receiver import Receiver
from tests.scenarios.stage import PLAYBOOKS, START, Stage

FREEZE = 4.0
SLACK = 3.0
KINDS = {"container-crash": "container", "heavy": "heavy"}
WRAPPED = Path(__file__).with_name("wrapped.py")


def scenario(stage: Stage) -> None:
    """Given a daemon that others can freeze, when it freezes, then it ends; a check that does so is switched off."""
    stage.up()
    before = stage.mark()
    stage.daemon.program = [sys.executable, str(WRAPPED)]
    stage.daemon.environment["FREEZES"] = str(stage.work / "freezes")
    with Receiver() as receiver:
        stage.daemon.environment["HEARTBEAT_URL"] = receiver.url("/ping/5f3c1a2b-0000-4444-8888-0123456789ab")
        lasted = [
            loop_is_frozen(stage, receiver, "sleeps in Python", "freeze (frozen-loop/wrapped.py:"),
            loop_is_frozen(stage, receiver, "holds the GIL", "match (re/__init__.py:", GIL="1"),
        ]
        print(f"seconds from the freeze to the end: {', '.join(f'{each:.1f}' for each in lasted)}")
        stage.timing.detect = max(lasted)
        check_is_switched_off(stage)
    stage.crash("app")
    stage.incident_of("app", "resolved")
    stage.only(before, app=START)
    stage.alive()
    stage.expect("it stops cleanly", stage.daemon.end() == 0)
    stage.daemon.launch("plugin.yml")
    stage.watching("app")
    again = len(stage.daemon.notifications(telling="switched_off"))
    stage.expect("a clean end is no freeze: told once in all", again == 1)
    stage.expect("and ends cleanly again", stage.daemon.end() == 0)


def loop_is_frozen(stage: Stage, receiver: Receiver, how: str, where: str, **environment: str) -> float:
    """Freeze it with a signal; the seconds until its end."""
    beginning = time.monotonic()
    stage.daemon.environment |= environment
    stage.start_daemon()
    stage.watching("app")
    stage.wait("the first success", lambda: receiver.pings("success", after=beginning), 6 + SLACK)

    frozen = time.monotonic()
    stage.daemon.signal(signal.SIGUSR2)
    code = stage.daemon.ended(within=FREEZE + SLACK)
    lasted = time.monotonic() - frozen

    stage.expect(f"{how}: it ended by faulthandler's code, {code}", code == 1)
    stage.expect(f"{how}: no ping meanwhile", not receiver.pings(after=frozen + 0.5))
    for name in environment:
        del stage.daemon.environment[name]
    log = len(stage.daemon.log())
    stage.start_daemon()
    told = next((line for line in stage.daemon.log()[log:].splitlines() if "daemon.frozen" in line), "")
    stage.expect(f"{how}: the log tells where: {told}", where in told and "no check was at work" in told)
    stage.expect(f"{how}: with the whole traceback", "most recent call first" in told)
    stage.expect(f"{how}: nobody is blamed", not stage.daemon.notifications(telling="switched_off"))
    stage.expect("it stops cleanly", stage.daemon.end() == 0)
    return lasted


def check_is_switched_off(stage: Stage) -> None:
    """A check that freezes the loop twice is not asked a third time; the others are."""
    playbooks = stage.work / "playbooks"
    playbooks.mkdir()
    for name in ("container-crash", "heavy"):
        text = (PLAYBOOKS / "container-crash.yml").read_text("utf-8").replace("container-crash", name)
        (playbooks / f"{name}.yml").write_text(text.replace("kind: container}", f"kind: {KINDS[name]}}}"))
    freezes = stage.work / "freezes"
    freezes.touch()
    for _ in range(2):
        stage.daemon.launch("plugin.yml")
        stage.expect("it ends itself", stage.daemon.ended(within=FREEZE + 10) == 1)
    stage.daemon.launch("plugin.yml")
    stage.watching("app")
    told = stage.daemon.notifications(telling="switched_off")
    stage.expect(f"told once: {told}", [each["target"] for each in told] == ["heavy"])
    log = stage.daemon.log()
    stage.expect("the log names check and target", "the check heavy was looking at app" in log)
    status = stage.daemon.command("status", check=False)
    stage.expect(
        f"the status says so: {status['degraded']}", any("heavy" in each for each in status["degraded"])
    )
    path = stage.work / "plugin.yml"
    path.write_text(path.read_text("utf-8") + "# mended\n", "utf-8")
    freezes.unlink()
    stage.daemon.command("reload")
    stage.wait(
        "a changed configuration, if only by a comment, has it asked again",
        lambda: not (stage.daemon.ask("/status") or {"degraded": ["?"]})["degraded"],
        5,
    )
