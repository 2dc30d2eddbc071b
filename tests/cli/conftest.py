from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import structlog
from typer.testing import CliRunner, Result

from tests.desk.people import Office
from watchdog.cli.main import app
from watchdog.core.happening import Happening
from watchdog.surfaces import Control

R = TypeVar("R")


class Daemon:
    """A desk on fakes behind a real socket, in a loop of its own thread: the command line may block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.office = Office()
        self.control: Control = self.office.control(folder, sign_of_life=0.02)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.do(self.control.start())

    def do(self, work: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def then(self, step: Callable[[], None]) -> None:
        """Have something done in the daemon's own thread."""
        self._loop.call_soon_threadsafe(step)

    def happens(self, name: str, target: str = "api", **facts: str | int) -> None:
        at = self.office.clock.now()
        self.control.follow(Happening(name=name, at=at, target=target, incident="7", facts=facts))

    def stop(self) -> None:
        self.do(self.control.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon where the command line looks for one."""
    monkeypatch.setenv("WATCHDOG_STATE_DIR", str(tmp_path))
    daemon = Daemon(tmp_path)
    yield daemon
    daemon.stop()


@pytest.fixture
def watchdog() -> Callable[..., Result]:
    """The command line, as a function of its arguments."""
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, arguments, prog_name="watchdog")
