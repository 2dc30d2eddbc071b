"""What the scenarios of an emergency bypass share: whether it is open, and for whom."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from tests.scenarios.stage import Stage

IMAGE = "watchdog-test/front:local"
BREAK = ("listen 80;", "listen 80; no_such_word on;")
# Of the shipped playbook: what a human has to be asked for after the bypass.
REBUILD = (
    "  - rebuild_service: {}\n    on: nginx\n    when: [web_front_down, web_both_down]\n"
    "    autonomy: propose\n    verify: {within: 5m, stable: 10s}\n"
)


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether what is at the port of this machine is Grafana, for a program on this machine."""
    try:
        with closing(http.client.HTTPConnection(host, port, timeout=2)) as connection:
            connection.request("GET", "/api/health")
            return b"database" in connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False


def opens(stage: Stage, port: int) -> float:
    """Wait until Grafana answers at the port; the mark of that."""
    stage.wait("the bypass serves Grafana", lambda: answers(port), 60)
    return stage.mark()


def closes(stage: Stage, port: int, within: float) -> None:
    """Wait until nothing is open, and its container is gone."""
    stage.wait("the bypass is closed", lambda: not answers(port) and not forwarders(stage), within)


def forwarders(stage: Stage) -> list[str]:
    """The containers of bypasses of this stack."""
    label = f"label=watchdog.bypass=com.docker.compose.project={stage.project}"
    return stage.docker("ps", "-aq", "--filter", label).split()


@contextmanager
def nothing_left_open(stage: Stage) -> Iterator[None]:
    """Afterwards no forwarder is there, whatever became of the scenario: the stack's network could not go."""
    try:
        yield
    finally:
        stage.daemon.kill()
        for each in forwarders(stage):
            stage.docker("rm", "-f", each, check=False)


def free_port() -> int:
    """A port of this machine that nobody has at the moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Outside:
    """Another machine, as far as the kernel is concerned: two people there, and this machine as they see it."""

    namespace: str
    here: str
    named: str
    stranger: str

    def served(self, source: str, port: int) -> bool:
        """Whether somebody at this address gets Grafana from the port."""
        url = f"http://{self.here}:{port}/api/health"
        asked = ["ip", "netns", "exec", self.namespace, "curl", "-sS", "-m", "2", "--interface", source, url]
        done = subprocess.run(asked, capture_output=True, check=False, timeout=20)
        return done.returncode == 0 and b"database" in done.stdout


@contextmanager
def an_outside() -> Iterator[Outside]:
    """A network namespace with a cable to this machine (198.18.0.0/15 is for such tests); removed in any case."""
    number = os.getpid() % 250
    name, net = f"wd{os.getpid()}", f"198.18.{number}"
    outside = Outside(name, f"{net}.1", f"{net}.7", f"{net}.8")
    cable, end = f"{name}h"[:15], f"{name}n"[:15]
    _ip("netns", "add", name)
    try:
        _ip("link", "add", cable, "type", "veth", "peer", "name", end, "netns", name)
        _ip("addr", "add", f"{outside.here}/24", "dev", cable)
        _ip("link", "set", cable, "up")
        for each in (outside.named, outside.stranger):
            _ip("-n", name, "addr", "add", f"{each}/24", "dev", end)
        _ip("-n", name, "link", "set", end, "up")
        yield outside
    finally:
        _ip("netns", "del", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=10)
