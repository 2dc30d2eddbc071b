"""The demo's files fit together, and fit the stack that they imitate."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from watchdog.config import load_config

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demo"
# The services of the real stack (node-exporter and cadvisor are left out), and what each waits for.
WAITS_FOR = {
    "influxdb": set(),
    "postgres": set(),
    "prometheus": set(),
    "grafana": {"influxdb", "postgres", "prometheus"},
    "market-feeder": {"influxdb"},
    "news-feeder": {"influxdb"},
    "watchlist-api": {"postgres"},
    "nginx": {"grafana", "watchlist-api"},
}
# The faults that watchdog has to be seen with, and the service of those that are of one only.
FAULTS = {
    "disk-full": "influxdb",
    "disk-forecast": "influxdb",
    "influx-broken-after-full": "influxdb",
    "silent": "",
    "rate-limited": "",
    "banned": "",
    "bad-key": "",
    "influx-down": "",
    "no-network": "",
    "check-in-missed": "postgres",
    "nginx-down": "nginx",
    "grafana-502": "grafana",
    "stale-upstream": "grafana",
    "bypass": "nginx",
    "certificate-expired": "nginx",
    "certificate-not-served": "nginx",
    "certificate-renewal-fails": "nginx",
}
STACK: dict[str, Any] = yaml.safe_load((DEMO / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = STACK["services"]


def said_by_break(*words: str) -> subprocess.CompletedProcess[str]:
    """What demo/break answers; it touches nothing before its words are right."""
    return subprocess.run([DEMO / "break", *words], capture_output=True, text=True, check=False, timeout=20)


def test_all_services_are_there_with_their_dependencies() -> None:
    """Every service of the real stack, started in its order: only after what it needs is healthy."""
    found = {name: set(service.get("depends_on", {})) for name, service in SERVICES.items()}
    assert found == WAITS_FOR
    conditions = [how for service in SERVICES.values() for how in service.get("depends_on", {}).values()]
    assert all(how == {"condition": "service_healthy"} for how in conditions)


@pytest.mark.parametrize("name", list(WAITS_FOR))
def test_each_service_is_like_the_real_one(name: str) -> None:
    """Its container's name, its restart policy, a healthcheck that demo/break can make fail, a label, a memory limit."""
    service = SERVICES[name]
    assert service["container_name"] == f"bloomberg-{name}"
    assert service["restart"] == ("no" if name == "market-feeder" else "unless-stopped")
    assert service["init"] is True
    assert service["healthcheck"]["test"].startswith("test ! -e /dev/shm/demo/unhealthy && ")
    assert service["labels"] == {"io.compose-watchdog.demo": "true"}
    assert service["mem_limit"]
    assert service["build"]["target"] == name


def test_what_is_mounted_exists() -> None:
    """Every file and folder that is bound is in the repository, and every volume bears the demo's label."""
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.partition(":")[0]
            if source.startswith("."):
                assert (DEMO / source).exists(), mount
            else:
                assert source in STACK["volumes"], mount
    for volume in (*STACK["volumes"].values(), *STACK["networks"].values()):
        assert volume["labels"] == {"io.compose-watchdog.demo": "true"}
        assert volume["name"].startswith("bloomberg-")


def test_every_variable_has_a_value() -> None:
    """What the compose file asks of .env stands there."""
    asked = set(re.findall(r"\$\{(\w+):\?", (DEMO / "docker-compose.yml").read_text()))
    given = set(re.findall(r"^(\w+)=\S", (DEMO / ".env").read_text(), re.MULTILINE))
    assert asked <= given


def test_watchdog_watches_all_of_them_as_it_ships() -> None:
    """Every service is a target with the severity that config/watchdog.yml gives it in the real stack."""
    demo = load_config(DEMO / "watchdog.yml").targets
    shipped = load_config(ROOT / "config/watchdog.yml").targets
    # What is only told is no reason to wake anybody.
    assert set(demo) == {*SERVICES, "small-disk-forecast"}
    for name, target in shipped.items():
        if (short := name.removeprefix("bloomberg-")) in demo:
            assert demo[short] == target, name


def test_break_knows_every_service() -> None:
    """Its help names them, and so does its refusal of another one."""
    assert f"Services: {', '.join(SERVICES)}." in said_by_break("--help").stdout
    refused = said_by_break("kill", "cadvisor")
    assert refused.returncode == 2
    assert ", ".join(SERVICES) in refused.stderr


def test_break_knows_every_fault_that_must_be_seen() -> None:
    """Its help names each, its refusal of another one does so, and none of one service takes another."""
    told, refused = said_by_break("--help").stdout, said_by_break("no-such-kind")
    assert refused.returncode == 2
    for fault, service in FAULTS.items():
        assert re.search(rf"^  {fault} ", told, re.MULTILINE), fault
        assert f" {fault}," in refused.stderr
        if service:
            wrong = said_by_break(fault, service)
            assert wrong.returncode == 2
            assert wrong.stderr == f"demo/break: usage: demo/break {fault} (its service is {service})\n"


def test_upstream_images_are_named_once() -> None:
    """What the scripts fetch is what demo/upstream.yml runs."""
    runs = re.findall(r"^ +image: (\S+)$", (DEMO / "upstream.yml").read_text(), re.MULTILINE)
    fetched = re.findall(r"^\w+_upstream=([\w/]+:\S+)$", (ROOT / "scripts/lib.sh").read_text(), re.MULTILINE)
    assert runs == fetched == ["influxdb:2.7", "grafana/grafana:11.4.0"]


def test_stand_ins_say_so() -> None:
    """The images of both stand-ins carry the label that scenarios look for, and no other image does."""
    stages = re.split(r"^FROM ", (DEMO / "images/Dockerfile").read_text(), flags=re.MULTILINE)
    labelled = [stage.split()[2] for stage in stages if "io.compose-watchdog.stand-in" in stage]
    assert labelled == ["influxdb", "grafana"]


# What the demo's copies have otherwise than the files that are shipped: its names, and waits that nobody sits through.
OTHERWISE: dict[str, dict[str, str]] = {
    "playbooks/container-crash.yml": {},
    "playbooks/disk-full.yml": {"    on: bloomberg-influxdb\n": "    on: influxdb\n"},
    "playbooks/web-unreachable.yml": {
        "    on: bloomberg-grafana\n": "    on: grafana\n",
        "    on: bloomberg-nginx\n": "    on: nginx\n",
        "limits: {attempts: 8, longest: 80s}": "limits: {attempts: 8, longest: 80s, forget_after: 1m}",
        "  - open_bypass: {}\n": "  - open_bypass: {lasts: 3m}\n",
    },
    "playbooks/feeder-stale.yml": {
        "http://bloomberg-market-feeder:8080": "http://market-feeder:8080",
        '["api.binance.com:443"]': '["market-feeder:9001"]',
        '["one.one.one.one:443", "dns.quad9.net:443"]': '["market-feeder:9002", "market-feeder:9003"]',
        "    on: bloomberg-market-feeder\n": "    on: market-feeder\n",
    },
    "playbooks/certificate-expiry.yml": {
        "limits: {attempts: 4, first: 1h, factor: 1, longest: 1h, forget_after: 1d}": (
            "limits: {attempts: 4, first: 10s, factor: 1, longest: 10s, forget_after: 1m}"
        ),
        "nginx: bloomberg-nginx": "nginx: nginx",
        "folder: /opt/bloomberg/nginx/ssl": "folder: ./nginx/ssl",
        "letsencrypt: /etc/letsencrypt\n": "letsencrypt: bloomberg-letsencrypt\n      lineage: demo\n      tls: off\n",
    },
    "diagnoses/feeder.yml": {
        "{down: bloomberg-influxdb}": "{down: influxdb}",
        "{stand_by: bloomberg-influxdb,": "{stand_by: influxdb,",
        "market_feeder_last_write_timestamp, than: 2m": "market_feeder_last_write_timestamp, than: 1m",
    },
}


@pytest.mark.parametrize("name", list(OTHERWISE))
def test_its_copies_are_the_shipped_files_but_for_what_is_listed(name: str) -> None:
    """Whoever changes a shipped playbook or its rules changes the demo's copy, too: all of it is compared."""
    text = (ROOT / "config" / name).read_text("utf-8")
    for shipped, ours in OTHERWISE[name].items():
        assert shipped in text, f"{name} holds no {shipped!r} any more"
        text = text.replace(shipped, ours)
    copied = (DEMO / name).read_text("utf-8")
    assert yaml.safe_load(copied) == yaml.safe_load(text)


def test_it_has_every_playbook_that_is_shipped_for_its_checks() -> None:
    """And no other one, so that none is left out of the comparison."""
    copied = {
        f"{file.parent.name}/{file.name}"
        for folder in ("playbooks", "diagnoses")
        for file in (DEMO / folder).iterdir()
    }
    assert copied == set(OTHERWISE)
