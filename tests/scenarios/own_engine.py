"""A second Docker engine for one scenario: its own images, containers and socket, and nothing of the machine's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.scenarios.failed import Failed
from tests.scenarios.stage import Stage

BUSYBOX = "watchdog-test/busybox:local"


class OwnEngine:
    """The engine, which may be stopped and started; `data` is where its images and volumes lie."""

    def __init__(self, folder: Path, data: Path, socket: Path) -> None:
        self.socket = socket
        self._folder = folder
        self._data = data
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; Failed when it cannot be."""
        program = shutil.which("dockerd")
        if program is None or os.geteuid() != 0:
            raise Failed("this scenario starts an engine of its own: it needs dockerd and root")
        places = [f"--exec-root={self._folder / 'exec'}", f"--pidfile={self._folder / 'pid'}"]
        # In a network of its own: an engine that is to have no bridge removes the `docker0` that is there (measured).
        apart = ["--bridge=none", "--iptables=false", "--ip6tables=false"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    "unshare",
                    "--net",
                    program,
                    f"--data-root={self._data}",
                    f"--host=unix://{self.socket}",
                    *places,
                    *apart,
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        """SIGTERM, as a service manager does, and wait for its end."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(40)
        self._process.kill()
        self._process.wait(5)
        self._process = None

    def said(self) -> str:
        """The end of its log."""
        return (self._folder / "log").read_text(encoding="utf-8")[-1500:]


@contextmanager
def an_engine(stage: Stage, data: Path | None = None) -> Iterator[OwnEngine]:
    """An engine with busybox that `docker` means meanwhile; ended and removed with all that it has, in any case."""
    image = subprocess.run(["docker", "save", BUSYBOX], check=True, capture_output=True, timeout=60).stdout
    folder = stage.work / "engine"
    folder.mkdir()
    engine = OwnEngine(folder, data or folder / "data", stage.work / "engine.sock")
    before = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = f"unix://{engine.socket}"
    try:
        engine.start()
        try:
            stage.wait("the engine of its own answers", lambda: _answers(stage), 30)
        except Failed as failed:
            raise Failed(f"{failed}\n{engine.said()}") from None
        subprocess.run(["docker", "load", "-q"], input=image, check=True, capture_output=True, timeout=60)
        yield engine
    finally:
        stage.daemon.kill()
        stage.engine.close()
        with suppress(Failed, subprocess.SubprocessError):
            for found in stage.docker("ps", "-aq", check=False).split():
                stage.docker("rm", "-f", found, check=False)
        if before is None:
            del os.environ["DOCKER_HOST"]
        else:
            os.environ["DOCKER_HOST"] = before
        engine.stop()


def _answers(stage: Stage) -> bool:
    return bool(stage.docker("version", "--format", "{{.Server.Version}}", check=False).strip())
