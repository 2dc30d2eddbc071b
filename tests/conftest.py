"""Fixtures that many tests share: a moment to start from, and the real engine where one answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.evil import evil as evil  # noqa: PLC0414 - a fixture, for all
from tests.fakes import FakeClock, FakeEngine

SOCKET = "/var/run/docker.sock"
IMAGE = "watchdog-test/busybox:local"


# The Docker SDK forgets to close a socket that it could not connect; one that was connected names its peer.
NEVER_CONNECTED = r"ignore:unclosed <socket\.socket fd=\d+, family=1, type=1, proto=0>:ResourceWarning"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", NEVER_CONNECTED)


@dataclass(frozen=True)
class RealEngine:
    """The engine of this machine. Whatever is made on it carries `label`, and is removed at the end."""

    label: str
    socket: str = SOCKET
    image: str = IMAGE

    def cli(self, *arguments: str, check: bool = True) -> str:
        """What `docker ARGUMENTS` prints, as a person would have typed it."""
        ended = subprocess.run(
            ["docker", *arguments], capture_output=True, text=True, check=False, timeout=60
        )
        if check and ended.returncode != 0:
            raise AssertionError(f"docker {' '.join(arguments)}: {ended.stderr.strip()}")
        return ended.stdout.strip()

    def remove_all(self, label: str) -> None:
        """Remove every container with that label."""
        if ids := self.cli("ps", "-aq", "--filter", f"label={label}").split():
            self.cli("rm", "-f", "-v", *ids, check=False)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until the test moves it."""
    return FakeClock()


@pytest.fixture
def engine(clock: FakeClock) -> FakeEngine:
    """An engine in memory, on the test's clock."""
    return FakeEngine(clock)


@pytest.fixture(scope="session")
def real_engine() -> Iterator[RealEngine]:
    """The Docker engine of this machine, with the small test image; without them the test is skipped."""
    if shutil.which("docker") is None:
        pytest.skip("no docker command here")
    answer = subprocess.run(
        ["docker", "image", "inspect", IMAGE], capture_output=True, text=True, check=False, timeout=60
    )
    if answer.returncode != 0 or not json.loads(answer.stdout):
        pytest.skip(f"no Docker engine, or no image {IMAGE}: run scripts/prepare")
    real = RealEngine(label=f"watchdog.test={uuid.uuid4().hex[:12]}")
    yield real
    real.remove_all(real.label)
