"""The daemon under test as a sidecar: its own image, added to a project's folder as a user would add it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import textwrap
from pathlib import Path

from tests.scenarios.daemon import Daemon, Json
from tests.scenarios.failed import Failed

ROOT = Path(__file__).parents[2]
IMAGE = "compose-watchdog:local"
OVERRIDE = "docker-compose.override.yml"
# Whom neither this machine nor the image knows.
OWNER = 4321
BUILD_WITHIN = 170
# Asks the socket from inside: only the daemon's own user can open it.
ASK = """
import http.client, socket, sys
line = socket.socket(socket.AF_UNIX); line.settimeout(5); line.connect('/var/lib/watchdog/state/control.sock')
ask = http.client.HTTPConnection('watchdog'); ask.sock = line
ask.request('GET', sys.argv[1]); sys.stdout.buffer.write(ask.getresponse().read())
"""


class BoxedDaemon(Daemon):
    """The service `watchdog` of a project in a folder of its own: started by `docker compose up`, asked by exec."""

    def __init__(self, work: Path, project: str) -> None:
        # Not the base's: its state folder and its environment are those of a process on the host.
        self._work = work
        self.folder = work / "project"
        self._project = project
        self._kept_log = ""

    # --- the user's five minutes ---

    def move_in(self, override: str = OVERRIDE) -> None:
        """Do what docs/how-to/install-as-sidecar.md says, in a folder that belongs to an ordinary user."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / override).write_text((ROOT / OVERRIDE).read_text(encoding="utf-8"), encoding="utf-8")
        for name, moved in (("compose.yml", "docker-compose.yml"), ("watchdog.yml", "watchdog.yml")):
            (self._work / name).rename(self.folder / moved)
        self.own()
        self._shell(self._recipe())
        # A free port: other sidecars may run on this machine.
        with (self.folder / ".env").open("a", encoding="utf-8") as env:
            env.write("WATCHDOG_PORT=0\n")
        self.own()

    def own(self) -> None:
        """All files in the folder belong to its user, who alone can read the secrets."""
        (self.folder / ".env").touch()
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, OWNER, OWNER)
        self.folder.chmod(0o755)
        (self.folder / ".env").chmod(0o600)

    def compose(self, *words: str, check: bool = True, timeout: float = 60) -> str:
        """`docker compose WORDS` in the folder."""
        return self._run("docker", "compose", *words, check=check, timeout=timeout)

    # --- its life ---

    @property
    def container(self) -> str:
        """Its id, "" if there is none."""
        labels = [f"com.docker.compose.project={self._project}", "com.docker.compose.service=watchdog"]
        labels.append("com.docker.compose.container-number=1")
        words = [word for label in labels for word in ("--filter", f"label={label}")]
        return self._run("docker", "ps", "-aq", "--no-trunc", *words).strip()

    def launch(self, config: str = "watchdog.yml") -> None:
        """`docker compose up -d`, of everything."""
        self.compose("up", "-d")

    def kill(self) -> None:
        """Its container and its volume are removed: for the end of the scenario."""
        if container := self.container:
            self._kept_log = self.log()
            self._run("docker", "rm", "-f", "-v", container)
        label = f"label=com.docker.compose.project={self._project}"
        for volume in self._run("docker", "volume", "ls", "-q", "--filter", label).split():
            self._run("docker", "volume", "rm", volume)

    def end(self) -> int:
        """`docker stop`; the exit code."""
        self._run("docker", "stop", self.container)
        return int(self.life()["ExitCode"])

    @property
    def runs(self) -> bool:
        """Whether its container runs."""
        return bool(self.container) and bool(self.life()["Running"])

    def life(self) -> Json:
        """The engine's word on its container."""
        return dict(self.inspect()["State"])

    def inspect(self) -> Json:
        """All that the engine says of its container."""
        return dict(json.loads(self._run("docker", "inspect", self.container))[0])

    # --- what it says ---

    def ask(self, path: str, patience: float = 5.0) -> Json | None:
        """GET from its socket, from inside; None when nobody answers."""
        try:
            return dict(json.loads(self.inside("python3", "-c", ASK, path, timeout=patience + 5)))
        except (Failed, ValueError):
            return None

    def command(self, *words: str, check: bool = True, timeout: float = 60) -> Json:
        """`docker compose exec watchdog watchdog WORDS --json`; the answer."""
        told = self.compose(
            "exec", "-T", "watchdog", "watchdog", *words, "--json", check=check, timeout=timeout
        )
        try:
            return dict(json.loads(told))
        except ValueError:
            raise Failed(f"watchdog {' '.join(words)} gave no JSON: {told[-500:]}") from None

    def inside(self, *words: str, check: bool = True, timeout: float = 20) -> str:
        """Run a command in its container, as its own user."""
        return self._run("docker", "exec", self.container, *words, check=check, timeout=timeout)

    def log(self) -> str:
        """What it wrote."""
        if not (container := self.container):
            return self._kept_log
        done = subprocess.run(
            ["docker", "logs", container],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=20,
        )
        return done.stdout.decode("utf-8", "replace")

    # --- parts ---

    def _recipe(self) -> str:
        """The shell command that the override's own comment tells people to run."""
        comment = re.search(
            r"^ *# +(printf .*?>> \.env)$", (ROOT / OVERRIDE).read_text(), re.MULTILINE | re.DOTALL
        )
        if comment is None:
            raise Failed(f"{OVERRIDE} does not say any more how .env is filled")
        return textwrap.dedent(re.sub(r"(?m)^ *#", "", comment[1]))

    def _shell(self, script: str) -> None:
        self._run("sh", "-c", script)

    def _run(self, *command: str, check: bool = True, timeout: float = 60) -> str:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("WATCHDOG_", "COMPOSE_"))}
        cwd = self.folder if self.folder.exists() else self._work
        environment["PWD"] = str(cwd)
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
                cwd=cwd,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"{' '.join(command)} did not end within {timeout:g} s") from None
        if check and done.returncode:
            raise Failed(f"{' '.join(command)} exited {done.returncode}: {done.stderr.strip()[-800:]}")
        return done.stdout


def build_image() -> None:
    """The image of the code as it is; in a second or two when it is there already."""
    done = subprocess.run(
        [ROOT / "scripts" / "watchdog-image", IMAGE],
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_WITHIN,
    )
    if done.returncode:
        raise Failed(f"the image could not be built: {done.stderr[-800:]}")
