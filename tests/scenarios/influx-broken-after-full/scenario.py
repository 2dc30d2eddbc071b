"""A full disk left InfluxDB unable to write: with room again it is restarted, and what was in its memory only is not lost."""

import os
import shutil
from pathlib import Path

from tests.scenarios.interval import detected
from tests.scenarios.shipped import write
from tests.scenarios.small_disk import a_disk, fill
from tests.scenarios.stage import PLAYBOOKS, START, STOP, Stage, seconds_at, sum_acts

LEANS_ON = ("influxdb",)
# What is written otherwise than in the playbook that is shipped: the name of the container.
PLAYBOOK = {"on: bloomberg-influxdb": "on: influxdb"}


def scenario(stage: Stage) -> None:
    """Given a disk that fills until InfluxDB's writes break, then there is room again, it writes again, and no point is lost."""
    with a_disk(stage.work, 64) as disk:
        (disk / "influx").mkdir()
        (disk / "influx").chmod(0o777)
        (stage.work / "playbooks").mkdir()
        shutil.copy(PLAYBOOKS / "container-crash.yml", stage.work / "playbooks")
        write(PLAYBOOKS / "disk-full.yml", stage.work / "playbooks/disk-full.yml", PLAYBOOK)
        stage.daemon.environment["INFLUXDB_TOKEN"] = "scenario-token"
        stage.up()
        stage.expect("it writes", put(stage, "before", 1) == "204")
        # With this the shard group is there in which it keeps record of refused writes: from now on its log is silent.
        stage.expect("it refuses what does not fit", put(stage, "before", '"text"') == "422")
        stage.start_daemon()
        stage.watching("influxdb", "data")
        stage.wait("a ballast was set aside", (disk / "watchdog.ballast").exists, 45)
        before = stage.mark()

        refused_at = break_writes(stage, disk)
        healed = stage.incident_of("data", "resolved", within=110)

        steps = [step for step in stage.steps(str(healed["id"])) if step["action"] != "list_consumers"]
        for step in steps:
            print(f"    {step['text']}")
        done = [(step["action"], step["result"]) for step in steps]
        stage.expect(f"the ballast, then the restart: {done}", done == DONE)
        stage.expect("healed", healed["ending"] == "healed")
        detected(stage, healed, refused_at)
        stage.timing.heal = seconds_at(steps[-1]["at"]) - refused_at
        stage.timing.verify = seconds_at(healed["resolved"]) - seconds_at(steps[-1]["at"])
        stage.expect("it writes again", put(stage, "after", 3) == "204")
        stage.expect("what was on the disk is there", "before" in get(stage, "before"))
        stage.expect("what was in its memory only is there", "in-memory" in get(stage, "in-memory"))
        stage.expect("the copy is not left behind", not list(disk.glob("*.lp")))
        stage.only(before, influxdb=sum_acts(STOP, START))
        # Upstream's ends with 143 when it is stopped, and may be seen to: that belongs to the restart, and nothing follows.
        seen_down = [("influxdb", "recovered")] * len(stage.incidents("influxdb"))
        stage.only_incidents(("data", "healed"), *seen_down)
        stage.alive()
        stage.daemon.end()


DONE = [("release_ballast", "done"), ("restart_influxdb", "done")]


def break_writes(stage: Stage, disk: Path) -> float:
    """Fill the disk, and have InfluxDB write more than its last blocks hold; when that was refused.

    At once, before the ballast is given back: a small point would still fit in the block that its log has begun.
    """
    fill(disk, 1.0)
    status = put(stage, "in-memory", 2, f',text="{os.urandom(30_000).hex()}"')
    stage.expect(f"its writes break on the full disk: {status}", status == "500")
    return stage.mark()


def put(stage: Stage, symbol: str, value: int | str, more: str = "") -> str:
    """Write a point; the status of the answer."""
    url = "http://127.0.0.1:8086/api/v2/write?org=bloomberg&bucket=markets"
    line = f"price,symbol={symbol} value={value}{more}"
    return ask(stage, url, line, "-o", "/dev/null", "-w", "%{http_code}")


def get(stage: Stage, symbol: str) -> str:
    """The points of a symbol, as InfluxDB tells them."""
    flux = f'from(bucket: "markets") |> range(start: -1h) |> filter(fn: (r) => r["symbol"] == "{symbol}")'
    url = "http://127.0.0.1:8086/api/v2/query?org=bloomberg"
    return ask(stage, url, flux, "-H", "Content-Type: application/vnd.flux")


def ask(stage: Stage, url: str, body: str, *more: str) -> str:
    """A question to InfluxDB, asked inside its container."""
    token = "Authorization: Token scenario-token"
    return stage.docker(
        "exec", stage.container("influxdb"), "curl", "-sS", "-H", token, *more, "--data-binary", body, url
    )
