"""Starts the stand-in as the container of upstream's image starts InfluxDB: set up once, then serve."""

import argparse
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from . import NOTE, VERSION
from .server import InfluxServer, log
from .store import DAY, HOUR, Store

INIT_SCRIPTS = Path("/docker-entrypoint-initdb.d")
INIT_PORT = 9999
ENFORCE_EVERY = 30 * 60
SECONDS = {"s": 1, "m": 60, "h": HOUR, "d": DAY, "w": 7 * DAY}


def main() -> None:
    parser = argparse.ArgumentParser(prog="influx_stand_in", description=NOTE)
    parser.add_argument("--folder", type=Path, default=Path("/var/lib/influxdb2"))
    parser.add_argument("--port", type=int, default=8086)
    asked = parser.parse_args()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))
    log("info", f"Welcome to a stand-in, this is not InfluxDB: {NOTE}", version=VERSION)
    store = Store(asked.folder)
    set_up(store)
    threading.Thread(target=enforce_for_ever, args=(store, enforce_every()), daemon=True).start()
    server = InfluxServer(("", asked.port), store)
    log("info", "Listening", transport="http", port=server.server_port)
    try:
        server.serve_forever()
    finally:
        log("info", "Stopping")


def set_up(store: Store) -> None:
    """At the first start: organisation, token, first bucket, then the scripts that were mounted for it."""
    told = {
        name: os.environ.get(f"DOCKER_INFLUXDB_INIT_{name}", "") for name in ("ORG", "ADMIN_TOKEN", "BUCKET")
    }
    for name, value in told.items():
        if not value:
            log("error", "missing parameter, cannot init InfluxDB", parameter=f"DOCKER_INFLUXDB_INIT_{name}")
            sys.exit(1)
    if not store.set_up(told["ORG"], told["ADMIN_TOKEN"]):
        return
    retention = os.environ.get("DOCKER_INFLUXDB_INIT_RETENTION", "0") or "0"
    every = int(retention[:-1] or 0) * SECONDS.get(retention[-1], 1) if retention != "0" else 0
    store.create(told["BUCKET"], every)
    scripts = sorted(INIT_SCRIPTS.glob("*.sh"))
    if not scripts:
        return
    # On another port, so that nobody takes it for ready.
    server = InfluxServer(("127.0.0.1", INIT_PORT), store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{INIT_PORT}"
    environment = {**os.environ, "INFLUX_HOST": host, "INFLUX_TOKEN": told["ADMIN_TOKEN"]}
    for script in scripts:
        log("info", "Executing user-provided script", script=script)
        subprocess.run([script], check=True, env=environment)
    server.shutdown()
    server.server_close()


def enforce_every() -> float:
    """Seconds between two enforcements of the retention; INFLUXD_STORAGE_RETENTION_CHECK_INTERVAL, as 30m or 10s."""
    told = os.environ.get("INFLUXD_STORAGE_RETENTION_CHECK_INTERVAL", "")
    return float(told[:-1]) * SECONDS[told[-1]] if told else ENFORCE_EVERY


def enforce_for_ever(store: Store, every: float) -> None:
    pause = threading.Event()
    while not pause.wait(every):
        try:
            for shard in store.enforce_retention():
                log("info", "Deleted shard group", service="retention", shard=shard)
        except Exception as error:  # noqa: BLE001 - a full disk must not end the enforcement that frees it
            log("error", "Failed to enforce retention", service="retention", error=error)


main()
