"""The product image as it is: what is in it, what is not, and that it runs with as little as the override gives."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
IMAGE = "compose-watchdog:local"
LARGEST = 380_000_000
# Whom no image knows.
STRANGER = "4321:4321"
BOUND = (
    *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--user", STRANGER, "--network", "none"),
)
# Values that look like keys and tokens wherever they stand.
SECRET = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{32}|AKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    rb"|(?<![0-9])[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b|\bxox[bap]-[0-9A-Za-z-]{20,}"
)


def docker(*words: str) -> str:
    """What `docker WORDS` prints; its complaint is the failure."""
    ended = subprocess.run(["docker", *words], capture_output=True, text=True, check=False, timeout=25)
    assert ended.returncode == 0, f"docker {' '.join(words)}: {ended.stderr.strip()}"
    return ended.stdout.strip()


def inside(script: str, *options: str) -> list[str]:
    """The lines that a shell script prints in a fresh container of the image, as root and without network."""
    words = ("run", "--rm", "--user", "0", "--network", "none", *options, "--entrypoint", "sh", IMAGE)
    return docker(*words, "-c", script).splitlines()


@pytest.fixture(scope="module")
def image() -> dict[str, Any]:
    """What the engine says of the image; without one the test is skipped."""
    if shutil.which("docker") is None:
        pytest.skip("no docker command here")
    found = subprocess.run(
        ["docker", "image", "inspect", IMAGE], capture_output=True, text=True, check=False, timeout=25
    )
    if found.returncode:
        pytest.skip(f"no image {IMAGE}: run scripts/watchdog-image")
    return dict(json.loads(found.stdout)[0])


def test_it_is_small(image: dict[str, Any]) -> None:
    """The image stays under 380 MB."""
    assert image["Size"] <= LARGEST


def test_it_says_what_it_is(image: dict[str, Any]) -> None:
    """Its labels name the version that is in it."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    labels = image["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "compose-watchdog"
    assert labels["org.opencontainers.image.version"] == version
    assert docker("run", "--rm", *BOUND, IMAGE, "--version").split()[-1] == version


def test_it_is_no_root_by_default(image: dict[str, Any]) -> None:
    """Without being told who it is, the daemon is an ordinary user, under an init, and asked for its health."""
    assert image["Config"]["User"] == "1000:1000"
    assert image["Config"]["Entrypoint"] == ["/usr/bin/tini", "--", "watchdog"]
    assert image["Config"]["Healthcheck"]["Test"] == ["CMD", "watchdog", "healthcheck"]


def test_nothing_in_it_can_be_written_by_everybody(image: dict[str, Any]) -> None:
    """Only folders like /tmp are open to all, where nobody can touch what is another's."""
    assert inside(r"find / -xdev ! -type l -perm -0002 ! \( -type d -perm -1000 \)") == []


def test_nothing_in_it_lends_rights(image: dict[str, Any]) -> None:
    """No program in it runs as another user than the one who starts it."""
    assert inside(r"find / -xdev -type f -perm /6000") == []


def test_everything_in_it_belongs_to_root(image: dict[str, Any]) -> None:
    """The daemon's user owns nothing of the image, so it can change nothing of it."""
    assert inside("find / -xdev ! -user root") == []


def test_no_leftovers_of_its_making(image: dict[str, Any]) -> None:
    """No package caches, no build tools, no docker CLI, no source tree, no history of the repository."""
    names = "uv uvx pip pip3 gcc docker git docker-buildx"
    assert inside(f"for p in {names}; do command -v $p; done; true") == []
    folders = "/root/.cache /tmp/* /src /opt/uv /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /etc/watchdog/systemd"
    assert inside(f"for p in {folders}; do [ -e $p ] && echo $p; done; true") == []
    assert (
        inside(r"find / -xdev \( -name .git -o -name .env -o -name 'uv.lock' -o -name '*.sqlite3' \)") == []
    )


def test_no_secret_in_it(image: dict[str, Any]) -> None:
    """No private key, no token, and no value of the demo's .env is in any file that we put there, nor in its making."""
    told = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", IMAGE)
    told += json.dumps(image["Config"])
    values = [
        line.partition("=")[2].strip()
        for line in (ROOT / "demo" / ".env").read_text().splitlines()
        if "PASSWORD" in line.partition("=")[0]
    ]
    assert values, "the demo has a password to look for"
    made = "/opt/watchdog /etc /home /root /srv /usr/local /var/lib/watchdog"
    words = ("run", "--rm", "--user", "0", "--network", "none", "--entrypoint", "tar", IMAGE)
    content = subprocess.run(
        ["docker", *words, "-c", *made.split()], capture_output=True, check=True, timeout=25
    ).stdout
    for secret in values:
        assert secret not in told
        assert secret.encode() not in content
    assert SECRET.search(content + told.encode()) is None
    assert (
        inside(r"find / -xdev \( -name '*.key' -o -name 'id_*sa' -o -name '*.p12' -o -name '.netrc' \)") == []
    )
    assert not [name for name in told.split() if re.search("(?i)(password|token|secret)=", name)]


def test_its_code_is_compiled(image: dict[str, Any]) -> None:
    """Bytecode lies beside the sources: on a read-only filesystem nobody could write it later."""
    place = "/opt/watchdog/lib/python3*/site-packages/watchdog"
    sources, compiled = inside(f"find {place} -name '*.py' | wc -l; find {place} -name '*.pyc' | wc -l")
    assert int(sources) > 50
    assert int(sources) == int(compiled)


def test_compose_works_without_the_docker_command(image: dict[str, Any]) -> None:
    """Docker Compose 2 runs by itself, for a user without a name, on a read-only filesystem."""
    told = docker("run", "--rm", *BOUND, "--entrypoint", "docker-compose", IMAGE, "version", "--short")
    assert re.match(r"v?2\.", told)


def test_a_fresh_volume_can_be_written_by_whoever_it_runs_as(image: dict[str, Any]) -> None:
    """The volume is open like /tmp; the state in it is its owner's alone, and another user cannot open it."""
    volume = docker("volume", "create", "--label", "watchdog.test=image")
    mounted = ("--rm", *BOUND, "--volume", f"{volume}:/var/lib/watchdog")
    state = "/var/lib/watchdog/state"
    try:
        begin = f"umask 022; mkdir -m 0700 {state} && echo mine > {state}/kept && stat -c %a:%u {state}"
        assert docker("run", *mounted, "--entrypoint", "sh", IMAGE, "-c", begin) == "700:4321"
        look = f"cat {state}/kept || rm -r {state} || mv {state} {state}2 || echo kept out"
        stranger = ("run", *mounted, "--user", "5555:5555", "--entrypoint", "sh", IMAGE, "-c", look)
        assert docker(*stranger) == "kept out"
    finally:
        docker("volume", "rm", "--force", volume)


def test_it_speaks_french(image: dict[str, Any]) -> None:
    """The translations are in it, and what they were made with is not."""
    told = inside("watchdog status 2>&1 || true", "--env", "WATCHDOG_LANGUAGE=fr")
    assert "aucun daemon ne répond" in told[0]
    assert inside("find /opt/watchdog -iname '*babel*'") == []
