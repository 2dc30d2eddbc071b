"""What the scenarios of old points share: an InfluxDB on a small disk, buckets with points of some weight, and the shipped playbook.

InfluxDB drops what is too old every half an hour, and frees what was deleted when it compacts; here every few
seconds, and the playbook's patience is shorter by as much.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.scenarios.daemon import Json
from tests.scenarios.interval import detected
from tests.scenarios.shipped import write
from tests.scenarios.stage import PLAYBOOKS, Stage, seconds_at

DISK, DAY, NANO = "data", 86400, 10**9
# What is written otherwise than in the playbook that is shipped: names and times. The build cache is the whole
# machine's, which is not this scenario's to ask for.
PLAYBOOK = {
    "on: bloomberg-influxdb": "on: influxdb",
    "  - prune_build_cache: {}\n    when: [disk_critical, inodes_critical]\n    autonomy: propose\n"
    "    verify: {within: 5s, stable: 30s}\n": "",
    "verify: {within: 35m, stable: 1m}": "verify: {within: 35s, stable: 4s}",
    "verify: {within: 10m, stable: 1m}": "verify: {within: 35s, stable: 4s}",
}
API = "http://127.0.0.1:8086/api/v2"
# One point weighs about so much; nothing can compress it.
WEIGHT = 4000


def begin(stage: Stage, disk: Path, points: Mapping[str, tuple[str, Iterable[float]]]) -> None:
    """InfluxDB has these buckets: how long each keeps its points, and a MiB of them for each of these ages in days.

    "" where it has the bucket from its setup.
    """
    (disk / "influx").mkdir()
    (disk / "influx").chmod(0o777)
    (stage.work / "playbooks").mkdir()
    shutil.copy(PLAYBOOKS / "container-crash.yml", stage.work / "playbooks")
    write(PLAYBOOKS / "disk-full.yml", stage.work / "playbooks" / "disk-full.yml", PLAYBOOK)
    stage.daemon.environment["INFLUXDB_TOKEN"] = "scenario-token"
    stage.up()
    for bucket, (retention, ages) in points.items():
        words = ["influx", "bucket", "create", "--name", bucket, "--retention", retention]
        token = ["-e", "INFLUX_TOKEN=scenario-token", "-e", "INFLUX_ORG=bloomberg"]
        if retention:
            stage.docker("exec", *token, stage.container("influxdb"), *words)
        for age in ages:
            put(stage, bucket, age)
    stage.start_daemon()
    stage.watching("influxdb", DISK)


def put(stage: Stage, bucket: str, age: float, mib: float = 1.0) -> None:
    """Write points that are so many days old."""
    at = int((time.time() - age * DAY) * NANO)
    number = max(1, int(mib * (1 << 20) / WEIGHT))
    lines = (
        f'article,age={age:g} text="{os.urandom(WEIGHT // 2).hex()}" {at + each}' for each in range(number)
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "points"
        file.write_text("\n".join(lines), encoding="ascii")
        file.chmod(0o644)
        stage.docker("cp", str(file), f"{stage.container('influxdb')}:/tmp/points")
    said = ask(stage, f"{API}/write?org=bloomberg&bucket={bucket}", "--data-binary", "@/tmp/points")
    stage.expect(f"the points are taken: {said}", not said)


def count(stage: Stage, bucket: str) -> dict[float, int]:
    """How many points there are of each age in days."""
    flux = f'from(bucket: "{bucket}") |> range(start: -400d) |> count()'
    kind = ("-H", "Content-Type: application/vnd.flux", "-H", "Accept: application/csv")
    rows = [line.split(",") for line in ask(stage, f"{API}/query?org=bloomberg", *kind, "-d", flux).split()]
    head = next((row for row in rows if "_value" in row), [])
    told = [dict(zip(head, row, strict=False)) for row in rows if row != head and not row[0].startswith("#")]
    return {float(row["age"]): int(row["_value"]) for row in told if row.get("age")}


def keeps(stage: Stage) -> dict[str, int]:
    """How many days each bucket keeps its points, 0 for ever: InfluxDB's own word. Without those of its own."""
    told = json.loads(ask(stage, f"{API}/buckets?org=bloomberg&limit=100"))["buckets"]
    return {
        each["name"]: sum(int(rule["everySeconds"]) for rule in each["retentionRules"]) // DAY
        for each in told
        if each["type"] != "system"
    }


def ask(stage: Stage, url: str, *more: str) -> str:
    """A question to InfluxDB, asked inside its container."""
    token = "Authorization: Token scenario-token"
    return stage.docker("exec", stage.container("influxdb"), "curl", "-sS", "-H", token, *more, url)


def free(disk: Path) -> int:
    """The bytes that programs may still use there."""
    seen = os.statvfs(disk)
    return seen.f_bavail * seen.f_frsize


def seen(stage: Stage, since: float) -> None:
    """Wait until the disk's incident is open; it has to be within an interval."""
    stage.wait("the disk is seen", lambda: bool(stage.incidents(DISK)), 20)
    detected(stage, stage.incidents(DISK)[-1], since)


def waits_and_heals(stage: Stage, action: str, said_yes: float, *, within: float = 60) -> Json:
    """Wait until the incident is over: by this step and no other, and not before there was room. Its last step."""
    healed = stage.incident_of(DISK, "resolved", within=within)
    step = stage.steps(str(healed["id"]))[-1]
    print(f"    {step['text']}")
    stage.expect(f"by {action}: {step}", (step["action"], step["result"]) == (action, "done"))
    stage.expect("healed", healed["ending"] == "healed")
    stage.timing.heal = seconds_at(step["at"]) - said_yes
    stage.timing.verify = seconds_at(healed["resolved"]) - seconds_at(step["at"])
    return step
