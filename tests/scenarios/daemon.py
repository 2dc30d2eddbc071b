"""The daemon under test: started by its command line as a user would, asked through its own socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.scenarios.failed import Failed

Json = dict[str, Any]

# It promises to end within 5 s of SIGTERM; Docker's own patience is 10.
ENDS_WITHIN = 5.0


class Daemon:
    """One daemon at a time, with a state folder that outlives it."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._process: subprocess.Popen[bytes] | None = None
        self.state = work / "state"
        self.state.mkdir(mode=0o700)
        ours = {
            "WATCHDOG_STATE_DIR": str(self.state),
            "WATCHDOG_LOG_LEVEL": "debug",
            "WATCHDOG_LISTEN": "off",
        }
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("WATCHDOG_")}
        self.environment = {**inherited, **ours}
        # What stands before the words `run --config FILE`; a scenario may wrap it.
        self.program = [sys.executable, "-m", "watchdog"]

    # --- its life ---

    def launch(self, config: str = "watchdog.yml") -> None:
        """`watchdog run`, without waiting for it."""
        if self._process is not None:
            raise Failed("a daemon runs already")
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.program, "run", "--config", str(self._work / config)],
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self._work,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def end(self) -> int:
        """SIGTERM; the exit code. Failed if it takes longer than it promises."""
        if self._process is None:
            raise Failed("no daemon runs")
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            raise Failed(f"the daemon did not end within {ENDS_WITHIN:g} s of SIGTERM") from None
        self._process = None
        return code

    def signal(self, number: int) -> None:
        """Send its process a signal."""
        if self._process is None:
            raise Failed("no daemon runs")
        self._process.send_signal(number)

    def ended(self, within: float) -> int:
        """Wait until it ends by itself; the exit code. Failed if it does not within so many seconds."""
        if self._process is None:
            raise Failed("no daemon runs")
        try:
            code = self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise Failed(f"the daemon did not end by itself within {within:g} s") from None
        self._process = None
        return code

    @property
    def runs(self) -> bool:
        """Whether its process is there; raises Failed if it ended by itself."""
        if self._process is None:
            return False
        code = self._process.poll()
        if code is not None:
            raise Failed(f"the daemon ended by itself with {code}:\n{self.log()[-2000:]}")
        return True

    # --- what it says ---

    def ask(self, path: str, patience: float = 5.0) -> Json | None:
        """GET from its socket, None when nobody answers within `patience` seconds."""
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(patience)
        connection = http.client.HTTPConnection("watchdog", timeout=patience)
        connection.sock = line
        try:
            line.connect(os.fspath(self.state / "control.sock"))
            connection.request("GET", path)
            answer = json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return dict(answer)

    def command(self, *words: str, check: bool = True, timeout: float = 60) -> Json:
        """`watchdog WORDS --json`, as a user would; the answer. Failed if it exits other than 0 and `check`."""
        done = subprocess.run(
            [sys.executable, "-m", "watchdog", *words, "--json"],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env=self.environment,
        )
        if check and done.returncode:
            raise Failed(f"watchdog {' '.join(words)} exited {done.returncode}: {done.stdout}{done.stderr}")
        try:
            return dict(json.loads(done.stdout))
        except ValueError:
            raise Failed(f"watchdog {' '.join(words)} gave no JSON: {done.stdout[-500:]}") from None

    def shows(self, *words: str, check: bool = True, timeout: float = 60) -> bytes:
        """`watchdog WORDS` as a person reads it: all that it writes, byte by byte. Failed as `command` fails."""
        done = subprocess.run(
            [sys.executable, "-m", "watchdog", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
            env=self.environment,
            cwd=self._work,
        )
        if check and done.returncode:
            raise Failed(f"watchdog {' '.join(words)} exited {done.returncode}: {done.stdout[-800:]!r}")
        return done.stdout

    def get(self, path: str) -> tuple[int, str]:
        """GET from its web surface, where WATCHDOG_LISTEN says that it is: the status and the body."""
        host, _, port = self.environment["WATCHDOG_LISTEN"].rpartition(":")
        with closing(http.client.HTTPConnection(host, int(port), timeout=5)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def log(self) -> str:
        """What it wrote."""
        path = self._log_file
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def notifications(self, target: str | None = None, telling: str | None = None) -> list[Json]:
        """What people were told, by its log: {telling, target, incident?, event, lines}, oldest first."""
        found = []
        for line in self.log().splitlines():
            if '"telling"' not in line:
                continue
            try:
                said = dict(json.loads(line))
            except ValueError:
                continue
            if target in (None, said["target"]) and telling in (None, said["telling"]):
                found.append(said)
        return found

    @property
    def _log_file(self) -> Path:
        return self._work / "daemon.log"
