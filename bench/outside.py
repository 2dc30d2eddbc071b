"""The outside world of a daemon that is measured: its configuration, and who hears of it.

Every feature is on, as a user would have it, with stand-ins on this machine where the outside would be: the Bot
API, the receiver of the heartbeat. A new feature that reaches out gets its stand-in here, and nowhere else.
"""

from __future__ import annotations

import contextlib
import shlex
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bench.tools import HERE
from tests.scenarios.receiver import Receiver
from tests.telegram_api import CHAT, TOKEN, TelegramApi, beside

TEMPLATE = HERE / "watchdog.yml"
# Half of a stack that is unhealthy at once is a storm: by default nobody restarts it, a human is asked. To see how
# fast many can be restarted, that has to be put out of the way.
UNBOUNDED = {"budget": {"actions": 1000, "at_once": 20}, "storm": {"share": 1.0, "fewest": 1000}}


@dataclass(slots=True)
class Outside:
    """What the daemons of one run of the benchmark see of the world.

    Attributes:
        telegram: the stand-in that answers.
        hole: the URL of one that takes every request and answers none.
        heartbeat: the URL of the receiver.
        folder: for configurations and state; short, for there are sockets in it.
    """

    telegram: TelegramApi
    hole: str
    heartbeat: str
    folder: Path
    _written: dict[str, Path] = field(default_factory=dict)

    def environment(self, *, features: bool = True) -> dict[str, str]:
        """What the daemon is told by its environment."""
        if not features:
            return {"WATCHDOG_LISTEN": "off"}
        return {
            "WATCHDOG_LISTEN": f"127.0.0.1:{_free_port()}",
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_CHAT_ID": str(CHAT),
            "HEARTBEAT_URL": self.heartbeat,
        }

    def config(
        self, *, features: bool = True, hole: bool = False, limits: bool = True, socket_path: str = ""
    ) -> Path:
        """The configuration as a file.

        `hole`: nobody outside answers; `limits`: those of the stack at their defaults, else out of the way;
        `socket_path`: of the engine.
        """
        key = f"{features}-{hole}-{limits}-{Path(socket_path).name}"
        if key not in self._written:
            config = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
            config["playbooks"] = str((TEMPLATE.parent / config["playbooks"]).resolve())
            if features:
                api = self.hole if hole else self.telegram.url
                config["notifiers"] = {"log": {"kind": "log"}, "telegram": {"kind": "telegram", "api": api}}
            if not limits:
                config |= UNBOUNDED
            if socket_path:
                config["engine"] = {"socket": socket_path}
            path = self.folder / f"{len(self._written)}.yml"
            path.write_text(yaml.safe_dump(config), encoding="utf-8")
            self._written[key] = path
        return self._written[key]

    def command(
        self, *, features: bool = True, hole: bool = False, limits: bool = True, socket_path: str = ""
    ) -> str:
        """A line of shell that becomes the daemon, with a state folder of its own each time."""
        said = " ".join(f"{n}={shlex.quote(v)}" for n, v in self.environment(features=features).items())
        config = self.config(features=features, hole=hole, limits=limits, socket_path=socket_path)
        state = f"{self.folder}/s-$$"
        return (
            f"cd {self.folder} && {said} WATCHDOG_STATE_DIR={state} "
            f"exec {sys.executable} -m watchdog run --config {config}"
        )


@contextmanager
def outside() -> Iterator[Outside]:
    """The stand-ins, for as long as the benchmark runs."""
    with (
        tempfile.TemporaryDirectory(prefix="wd-bench-") as folder,
        beside() as telegram,
        Receiver() as receiver,
        _black_hole() as hole,
    ):
        yield Outside(telegram, hole, receiver.url("/bench-heartbeat"), Path(folder))


@contextmanager
def _black_hole() -> Iterator[str]:
    """Takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        taken: list[socket.socket] = []

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(server.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for each in taken:
                each.close()


def _free_port() -> int:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])
