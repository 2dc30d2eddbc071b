from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest
from typer.testing import Result

from tests.cli.conftest import Daemon
from watchdog.cli.healthcheck import PATIENCE, healthcheck

Watchdog = Callable[..., Result]


def program(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "watchdog", "healthcheck"],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "WATCHDOG_STATE_DIR": str(folder)},
        check=False,
        timeout=20,
    )


@contextmanager
def answering(path: Path, answer: bytes | None) -> Iterator[None]:
    """Something else than watchdog at the socket; None: it never answers."""
    done = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(os.fspath(path))
        door.listen(1)

        def serve() -> None:
            line, _ = door.accept()
            with line:
                if answer is None:
                    done.wait(10)
                else:
                    line.recv(4096)
                    line.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        done.set()
        thread.join(10)


@pytest.mark.parametrize(
    ("health", "said", "code"),
    [
        ({"status": "ok", "reasons": []}, "ok\n", 0),
        (
            {"status": "degraded", "reasons": ["engine-lost", "reload-failed"]},
            "degraded: engine-lost, reload-failed\n",
            0,
        ),
        (
            {"status": "failing", "reasons": ["journal-not-writable"]},
            "failing: journal-not-writable\n",
            1,
        ),
    ],
)
def test_one_line_and_an_exit_code(daemon: Daemon, health: dict[str, object], said: str, code: int) -> None:
    """What is degraded still does its work: only failing is 1."""
    daemon.office.health = health

    ran = program(daemon.folder)

    assert (ran.stdout, ran.stderr, ran.returncode) == (said, "", code)


def test_the_command_with_an_option_says_the_same(daemon: Daemon, watchdog: Watchdog) -> None:
    """The quick way and the way through all options are one."""
    for arguments in ((), ("--socket", str(daemon.folder)), ("--socket", f"{daemon.folder}/control.sock")):
        ran = watchdog("healthcheck", *arguments)
        assert (ran.exit_code, ran.stdout) == (0, "ok\n")


def test_without_a_daemon_it_is_1(tmp_path: Path) -> None:
    """In one line, with the place where it was looked for."""
    ran = program(tmp_path)

    assert ran.returncode == 1
    assert (
        ran.stdout == f"failing: no daemon answers at {tmp_path}/control.sock (No such file or directory)\n"
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello",
        b"HTTP/1.0 500 No\r\n\r\nok\n",
        b"HTTP/1.0 200 OK\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\n\r\nok\nok\n",
        b"HTTP/1.0 200 OK\r\n\r\n\xff\xfe",
    ],
)
def test_what_is_no_watchdog_is_not_well(
    tmp_path: Path, answer: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another program's answer is never taken for health."""
    path = tmp_path / "other.sock"
    with answering(path, answer):
        assert healthcheck(path) == 1
    assert capsys.readouterr().out == (
        f"failing: what answers at {path} is no watchdog, or of another version\n"
    )


def test_a_loop_that_stands_still_is_not_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A daemon that takes the question and never answers it is failing, after a moment."""
    path = tmp_path / "other.sock"
    with answering(path, None):
        assert healthcheck(path, patience=0.05) == 1
    assert "does not answer within" in capsys.readouterr().out


def test_it_has_said_so_before_docker_ends_it() -> None:
    """The image gives it longer than it waits itself, Python's start included: its own words are in the log."""
    dockerfile = (Path(__file__).parents[2] / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"^HEALTHCHECK .*--timeout=(\d+)s", dockerfile, re.MULTILINE)
    assert found is not None
    assert float(found[1]) >= PATIENCE + 1.5


def test_it_costs_no_more_than_the_start_of_python(daemon: Daemon) -> None:
    """Standard library alone, and of that little: it runs every 10 s for years."""
    code = "import sys; sys.argv[1:] = ['healthcheck']; from watchdog.__main__ import main\ntry: main()\nexcept SystemExit: print(*sys.modules)"
    environment = {**os.environ, "WATCHDOG_STATE_DIR": str(daemon.folder)}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    heavy = {"typer", "rich", "pydantic", "asyncio", "json", "http", "pathlib", "dotenv", "email"}
    assert not heavy & set(ran.stdout.split())

    def seconds(*command: str) -> float:
        began = time.monotonic()
        subprocess.run([sys.executable, *command], capture_output=True, check=True, env=environment)
        return time.monotonic() - began

    bare = median(seconds("-c", "import sys") for _ in range(5))
    ours = median(seconds("-m", "watchdog", "healthcheck") for _ in range(5))
    assert ours < max(0.100, 4 * bare)
