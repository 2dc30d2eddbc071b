"""The demo's files fit together, and fit the stack that they imitate."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
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
    assert set(demo) == set(SERVICES)
    for name, target in shipped.items():
        if (short := name.removeprefix("bloomberg-")) in demo:
            assert demo[short] == target, name


def test_break_knows_every_service() -> None:
    """Its help names them, and so does its refusal of another one."""
    assert f"Services: {', '.join(SERVICES)}." in said_by_break("--help").stdout
    refused = said_by_break("kill", "cadvisor")
    assert refused.returncode == 2
    assert ", ".join(SERVICES) in refused.stderr


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


def test_its_remedies_are_the_shipped_ones_with_its_own_names() -> None:
    """What the demo shows is what others get: the same steps, rules and causes."""
    shipped = load_config(ROOT / "config" / "watchdog.yml")
    demo = load_config(DEMO / "watchdog.yml")
    assert demo.playbooks["container-crash"] == shipped.playbooks["container-crash"]
    for name in ("feeder-stale", "web-unreachable", "certificate-expiry", "disk-full"):
        theirs, ours = (config.playbooks[name].steps for config in (shipped, demo))
        assert [replace(step, on="", params={}) for step in ours] == [
            replace(step, on="", params={}) for step in theirs
        ]
        assert demo.playbooks[name].limits == shipped.playbooks[name].limits
    text = (ROOT / "config" / "diagnoses" / "feeder.yml").read_text("utf-8")
    copied = (DEMO / "diagnoses" / "feeder.yml").read_text("utf-8")
    assert copied.partition("\n")[2] == text.replace("bloomberg-influxdb", "influxdb")
