"""A disk that will be full soon, and one that is low, are told of once; what was seen survives watchdog's own death."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tests.scenarios.small_disk import MIB, a_disk, fill
from tests.scenarios.stage import Stage, seconds_at

SOON = "data-forecast"
# Half of the window: so long has to be seen before anything is foretold. Seconds.
LEAST = 20


def scenario(stage: Stage) -> None:
    """Given a disk on which something grows, then people are told when it will be full, and nothing is touched."""
    with a_disk(stage.work, 96) as disk:
        stage.up()
        stage.start_daemon()
        stage.watching("app", "data", SOON)
        stage.wait("a ballast was set aside", (disk / "watchdog.ballast").exists, 45)
        before = stage.mark()

        killed_in_the_middle(stage, disk)
        told_once_although_killed(stage)
        low_is_told_once(stage, disk)

        stage.expect("the ballast stays", (disk / "watchdog.ballast").exists())
        stage.only(before)
        stage.only_incidents()
        stage.alive()
        stage.daemon.end()


def killed_in_the_middle(stage: Stage, disk: Path) -> None:
    """What the daemon before saw counts: the forecast comes sooner than one daemon alone could make it."""
    with growing(disk / "grows"):
        began = stage.mark()
        stage.let_pass(LEAST - 4)
        stage.expect("nothing is foretold of so little", not stage.daemon.notifications(SOON))
        stage.daemon.kill()
        stage.start_daemon()
        again = stage.mark()
        stage.wait("the hour is told", lambda: stage.daemon.notifications(SOON, "warned"), 45)
    (told,) = stage.daemon.notifications(SOON, "warned")
    at = seconds_at(told["timestamp"])
    stage.timing.detect = at - began
    stage.expect(f"told {at - again:.1f} s after the restart", at - again < LEAST - 4)
    print(f"    {told['event']}")
    hour = re.search(r"full at (\d{4}-\d\d-\d\d \d\d:\d\d), in", str(told["event"]))
    assert hour, told
    off = abs(datetime.fromisoformat(hour[1]).astimezone().timestamp() - at)
    stage.expect(f"the hour is near: {off:.0f} s", off < 240)


def told_once_although_killed(stage: Stage) -> None:
    """A daemon that starts anew knows what was told, and tells the end of it."""
    stage.daemon.kill()
    stage.start_daemon()
    stage.wait("it is over", lambda: stage.daemon.notifications(SOON, "warning_over"), 90)
    stage.expect("the forecast was told once", len(stage.daemon.notifications(SOON, "warned")) == 1)


def low_is_told_once(stage: Stage, disk: Path) -> None:
    """Below its warning line nothing is done; people hear of it once, also across a restart, and of its end."""
    fill(disk, 0.96)
    stage.wait("it is told that it is low", lambda: stage.daemon.notifications("data", "warned"), 20)
    (told,) = stage.daemon.notifications("data", "warned")
    print(f"    {told['event']}")
    stage.expect(
        f"with what to do: {told['lines']}", any("Whom to ask: the host" in line for line in told["lines"])
    )
    stage.daemon.kill()
    stage.start_daemon()
    stage.watching("app", "data")
    stage.let_pass(6)
    (disk / "another program's").unlink()
    stage.wait("it is over", lambda: stage.daemon.notifications("data", "warning_over"), 30)
    stage.expect("low was told once", len(stage.daemon.notifications("data", "warned")) == 1)


@contextmanager
def growing(file: Path) -> Iterator[None]:
    """One MiB each second."""
    enough = threading.Event()

    def grow() -> None:
        with file.open("ab", buffering=0) as opened:
            while not enough.wait(1.0):
                opened.write(b"x" * MIB)

    grower = threading.Thread(target=grow, daemon=True)
    grower.start()
    try:
        yield
    finally:
        enough.set()
        grower.join(5)
