"""The engine itself is restarted, as by its update: nobody is blamed, what is wanted comes back, what a person stopped stays."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.scenarios.stage import Failed, Stage

IMAGE = "watchdog-test/busybox:local"


class Engine:
    """A second Docker engine, with nothing of the machine's: its own images, containers and socket, no network."""

    def __init__(self, folder: Path, socket: Path) -> None:
        self.socket = socket
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; Failed when it cannot be."""
        program = shutil.which("dockerd")
        if program is None or os.geteuid() != 0:
            raise Failed("this scenario starts an engine of its own: it needs dockerd and root")
        folders = [f"--{name}={self._folder / name}" for name in ("data-root", "exec-root", "pidfile")]
        apart = ["--bridge=none", "--iptables=false", "--ip-masq=false"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                # In a network of its own: an engine without a bridge removes the one that is there (measured).
                ["unshare", "--net", program, *folders, *apart, f"--host=unix://{self.socket}"],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        """SIGTERM, as a service manager does, and wait for its end."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(40)
            self._process = None


def scenario(stage: Stage) -> None:
    """Given an engine that is stopped and started, then it is nobody's order, and each is judged by what is wanted."""
    image = subprocess.run(["docker", "save", IMAGE], check=True, capture_output=True, timeout=60).stdout
    with an_engine(stage) as engine:
        subprocess.run(["docker", "load"], input=image, check=True, capture_output=True, timeout=60)
        stage.compose("up", "-d")
        stage.start_daemon()
        stage.watching("policy", "bare", "wanted", "stopped")
        stage.docker("stop", stage.container("stopped"))
        stage.standing("stopped", "held")

        engine.stop()
        stage.standing("bare", lambda row: row["status"] == "unknown", within=10)
        engine.start()

        incident = stage.incident_of("wanted", "resolved", within=60)
        stage.expect("what shall run was started", incident["ending"] == "healed")
        stage.expect("and runs", stage.status_of("wanted") == "running")
        stage.standing("policy", lambda row: row["status"] == "ok")
        stage.wait("it is asked whether the bare one shall run", lambda: stage.tellings("bare"), 20)
        stage.let_pass(6)  # a sweep
        stage.expect("asked, not blamed on a person", stage.tellings("bare") == ["asked"])
        stage.expect("and left alone", stage.status_of("bare") == "exited")
        stage.expect("the policy's own restart is not worth a word", stage.tellings("policy") == [])
        stage.expect("what a person stopped stays so", stage.status_of("stopped") == "exited")
        stage.wait("and was told once", lambda: stage.tellings("stopped") == ["held"], 20)
        stage.only_incidents(("wanted", "healed"))
        stage.alive()
        stage.daemon.end()
        stage.compose("kill")


@contextmanager
def an_engine(stage: Stage) -> Iterator[Engine]:
    """An engine that all that follows is asked of; ended and removed in any case."""
    socket = stage.work / "engine.sock"
    before = os.environ.get("DOCKER_HOST")
    # Not below the scenario's folder: its paths would be too long for the sockets in them.
    with tempfile.TemporaryDirectory(prefix="wd-engine-") as folder:
        engine = Engine(Path(folder), socket)
        os.environ["DOCKER_HOST"] = f"unix://{socket}"
        try:
            engine.start()
            stage.wait("the engine of its own answers", lambda: answers(stage), 30)
            yield engine
        finally:
            if before is None:
                del os.environ["DOCKER_HOST"]
            else:
                os.environ["DOCKER_HOST"] = before
            engine.stop()


def answers(stage: Stage) -> bool:
    """Whether the engine can be asked."""
    return bool(stage.docker("version", "--format", "{{.Server.Version}}", check=False).strip())
