"""The optional timer of the host, for the one trouble that a sidecar cannot see to: an engine that hangs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "config" / "systemd"
HANGS = "echo asked >> {log}; sleep 100"
ANSWERS = "echo asked >> {log}"
IS_DOWN = "echo asked >> {log}; exit 1"


def ask(tmp_path: Path, docker: str, **settings: str) -> tuple[int, str, list[str]]:
    """Run the script with programs of our own: its exit code, what it said, and what it called."""
    programs, log = tmp_path / "bin", tmp_path / "called"
    programs.mkdir(exist_ok=True)
    for name, script in (("docker", docker), ("systemctl", 'echo "systemctl $*" >> {log}')):
        program = programs / name
        program.write_text(f"#!/bin/sh\n{script.format(log=log)}\n")
        program.chmod(0o755)
    log.write_text("")
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "MARK": str(tmp_path / "mark"),
        "DEADLINE": "0.1",
        "PAUSE": "0",
        **settings,
    }
    done = subprocess.run(
        [FOLDER / "watch-engine"], env=environment, capture_output=True, text=True, check=False, timeout=20
    )
    return done.returncode, done.stdout, log.read_text().splitlines()


def test_an_engine_that_answers_is_no_news(tmp_path: Path) -> None:
    """All is well: nothing is said, nothing is done."""
    assert ask(tmp_path, ANSWERS) == (0, "", ["asked"])


def test_an_engine_that_is_down_is_left_to_systemd(tmp_path: Path) -> None:
    """A refusal is an answer: it is told, and nothing is restarted."""
    code, said, called = ask(tmp_path, IS_DOWN, RESTART_ENGINE="yes")
    assert (code, called) == (0, ["asked"])
    assert "down or refuses" in said


def test_an_engine_that_hangs_is_only_told_by_default(tmp_path: Path) -> None:
    """Three tries without an answer are told as an error; the engine is not touched."""
    code, said, called = ask(tmp_path, HANGS)
    assert (code, called) == (1, ["asked"] * 3)
    assert "<3>the Docker engine hangs: 3 times no answer" in said


def test_it_is_restarted_where_that_is_wanted_but_not_over_and_over(tmp_path: Path) -> None:
    """The second time within the hour it is a human's."""
    code, _, called = ask(tmp_path, HANGS, RESTART_ENGINE="yes", TRIES="1")
    assert (code, called) == (1, ["asked", "systemctl restart docker"])
    code, said, called = ask(tmp_path, HANGS, RESTART_ENGINE="yes", TRIES="1")
    assert (code, called) == (1, ["asked"])
    assert "a human has to look" in said


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """Systemd itself finds nothing to complain of in the service and the timer."""
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("no systemd here")
    for unit in FOLDER.glob("watch-engine.*"):
        # The program is not installed on the machine of a test.
        text = unit.read_text().replace("/usr/local/sbin/watch-engine", str(FOLDER / "watch-engine"))
        (tmp_path / unit.name).write_text(text)
    units = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(
        [verify, "verify", "--man=no", *units], capture_output=True, text=True, check=False, timeout=25
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "watch-engine" in line]
    assert (ours, done.returncode) == ([], 0)
