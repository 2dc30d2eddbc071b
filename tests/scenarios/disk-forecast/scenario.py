"""A disk that will be full soon is told of, with the hour; nothing is done about it, and it is over when it grows no more."""

import re
import threading
from datetime import datetime
from pathlib import Path

from tests.scenarios.small_engine import MIB, a_disk
from tests.scenarios.stage import Stage, seconds_at

SOON = "data-forecast"


def scenario(stage: Stage) -> None:
    """Given a disk on which something grows, then people are told when it will be full, and nothing is touched."""
    with a_disk(stage.work, 96) as disk:
        stage.up()
        stage.start_daemon()
        stage.watching("app", "data", SOON)
        stage.wait("a ballast was set aside", (disk / "watchdog.ballast").exists, 45)
        before = stage.mark()

        enough = threading.Event()
        grower = threading.Thread(target=grow, args=(disk / "grows", enough), daemon=True)
        grower.start()
        incident = stage.incident_of(SOON, "escalated", within=60)
        enough.set()
        grower.join(5)

        stage.timing.detect = seconds_at(incident["opened"]) - before
        (told,) = stage.daemon.notifications(SOON, "escalated")
        print(f"    {told['event']}")
        hour = re.search(r"full at (\d{4}-\d\d-\d\d \d\d:\d\d), in", str(told["event"]))
        assert hour, told
        off = abs(datetime.fromisoformat(hour[1]).astimezone().timestamp() - seconds_at(incident["opened"]))
        stage.expect(f"the hour is near: {off:.0f} s", off < 120)
        stage.expect("no step was taken", not stage.steps(str(incident["id"])))
        stage.expect("the ballast stays", (disk / "watchdog.ballast").exists())

        over = stage.incident_of(SOON, "resolved", within=60)
        stage.expect("over by itself", over["ending"] == "recovered")
        stage.only(before)
        stage.only_incidents((SOON, "recovered"))
        stage.alive()
        stage.daemon.end()


def grow(file: Path, enough: threading.Event) -> None:
    """Half a MiB each half second, until it is enough."""
    with file.open("ab", buffering=0) as opened:
        while not enough.wait(0.5):
            opened.write(b"x" * MIB)
