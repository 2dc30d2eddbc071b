"""What the scenarios of a silent feeder share: its stack, its faults, and the shipped playbook and rules with its names.

The exchange and the hosts outside are ports of the stand-in for the feeder, so that they can be lost.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from tests.scenarios.daemon import Json
from tests.scenarios.interval import detected
from tests.scenarios.shipped import write
from tests.scenarios.stage import PLAYBOOKS, Stage

FEEDER, SERIES = "market-feeder", "prices"
# From this age of its newest point on it counts as silent in these scenarios; seconds.
SILENT = 12.0
# What is written otherwise than in the files that are shipped: names, hosts and times.
PLAYBOOK = {
    "bloomberg-market-feeder": FEEDER,
    '["api.binance.com:443"]': f'["{FEEDER}:9001"]',
    '["one.one.one.one:443", "dns.quad9.net:443"]': f'["{FEEDER}:9002", "{FEEDER}:9003"]',
    "{within: 3m, stable: 1m}": "{within: 40s, stable: 6s}",
}
# Who hangs here has said nothing for seconds, not minutes.
RULES = {
    "bloomberg-influxdb": "influxdb",
    "quiet: 2m": "quiet: 8s",
    "younger: 1m": "younger: 2s",
    "market_feeder_last_write_timestamp, than: 2m": "market_feeder_last_write_timestamp, than: 10s",
    "wait: 1m}": "wait: 5s}",
}


def begin(stage: Stage) -> float:
    """The stack runs, points arrive, and the daemon knows; the mark from which on acts are counted."""
    folder = stage.work / "playbooks"
    folder.mkdir()
    (stage.work / "diagnoses").mkdir()
    shutil.copy(PLAYBOOKS / "container-crash.yml", folder)
    write(PLAYBOOKS / "feeder-stale.yml", folder / "feeder-stale.yml", PLAYBOOK)
    write(PLAYBOOKS.parent / "diagnoses" / "feeder.yml", stage.work / "diagnoses" / "feeder.yml", RULES)
    stage.daemon.environment["INFLUXDB_TOKEN"] = "scenario-token"
    stage.up()
    stage.start_daemon()
    stage.watching(FEEDER, "influxdb")
    stage.standing(SERIES, lambda row: row["status"] == "ok", within=30)
    return stage.mark()


def trouble(stage: Stage, kind: str, seconds: float = 0) -> None:
    """What the exchange makes of the feeder from now on, as `demo/break` writes it; "" for nothing."""
    until = int(time.time() + seconds) if seconds else 0
    with tempfile.TemporaryDirectory() as folder:
        flag = Path(folder) / "exchange"
        flag.write_text(f"{kind} {until}" if kind else "", encoding="ascii")
        flag.chmod(0o644)
        stage.docker("cp", str(flag), f"{stage.container(FEEDER)}:/var/lib/demo/exchange")


def finds_out(stage: Stage, cause: str, *, within: float = 45) -> Json:
    """Wait until it is known why the series is silent; its incident."""

    def known() -> bool:
        mine = stage.incidents(SERIES)
        lines = stage.story(mine[-1]["id"]) if mine else []
        return any(cause.replace("_", " ") in str(line.get("text")) for line in lines)

    stage.wait(f"found out: {cause}", known, within)
    return stage.incidents(SERIES)[-1]


def fell_silent(stage: Stage, since: float) -> Json:
    """The incident of the series, opened within an interval of when it counts as silent."""
    stage.wait("the silence is seen", lambda: bool(stage.incidents(SERIES)), 40)
    incident = stage.incidents(SERIES)[-1]
    detected(stage, incident, since, grown=SILENT)
    return incident


def changing(stage: Stage, incident: Json) -> list[str]:
    """The steps of an incident that changed something."""
    return [s["action"] for s in stage.steps(str(incident["id"])) if s["action"] != "diagnose_feeder"]
