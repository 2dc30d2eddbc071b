"""Notifiers that did not come with watchdog."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.engine.outsiders import eventually
from tests.engine.world import configure, make_engine, running
from tests.evil import FOLDER
from watchdog.config import Config
from watchdog.registry import NOTIFIER_KINDS


def with_news(does: str) -> Config:
    """The usual notifier, and an evil one beside it."""
    kind: Any = NOTIFIER_KINDS["evil_news"]
    config = configure()
    return replace(config, notifiers=(*config.notifiers, kind("news", kind.parameters_type(does=does))))


async def test_a_notifier_of_a_package_tells(evil: ModuleType, tmp_path: Path) -> None:
    """It delivers what ours deliver."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path, with_news("well")) as world:
        await world.looked("app")
        engine.crash("app")
        await world.newest("resolved")
        await world.until(lambda: evil.EvilNews.told)
        assert set(evil.EvilNews.told) == {"app"}


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("exit", "it raised SystemExit: 7"),
        ("nothing", "its answer is nothing, not text"),
        ("lie", "later"),
        ("block", ""),
    ],
)
async def test_a_notifier_that_misbehaves_delays_nobody(
    evil: ModuleType, tmp_path: Path, does: str, why: str
) -> None:
    """The others deliver, the target is healed, and what it did not deliver stays in the outbox."""
    engine = make_engine()
    engine.add("app")
    async with running(engine, tmp_path, with_news(does)) as world:
        await world.looked("app")
        engine.crash("app")
        await world.newest("resolved")

        async def told() -> bool:
            return not (await world.app.journal.depths(("log",)))["log"]

        await eventually(told)
        waiting = await world.app.journal.depths(("news",))
        assert waiting["news"] > 0
        if why:
            await world.until(lambda: "notifier-failing" in reasons(world.app.desk))
        evil.LET_GO.set()


def test_a_daemon_ends_in_time_whatever_a_plug_in_keeps(tmp_path: Path) -> None:
    """A thread of a pool that sleeps for ten minutes delays the end by none of them."""
    file = tmp_path / "watchdog.yml"
    file.write_text(
        f"version: 1\nwatch: {{project: nobody}}\nengine: {{socket: {tmp_path}/none.sock}}\n"
        "notifiers:\n  news: {kind: evil_news, does: keep_a_thread}\n",
        "utf-8",
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(FOLDER),
        "WATCHDOG_LISTEN": "off",
        "WATCHDOG_STATE_DIR": str(tmp_path / "state"),
    }
    command = [sys.executable, "-m", "watchdog", "run", "--config", str(file)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as daemon:
        assert daemon.stdout is not None
        while b"kept" not in daemon.stdout.readline():
            assert daemon.poll() is None
        daemon.terminate()
        try:
            assert daemon.wait(timeout=10) == 0
        finally:
            daemon.kill()


def reasons(desk: Any) -> Any:
    """Why watchdog is no better, by what it has heard of its notifiers."""
    return ["notifier-failing"] if desk._health.__self__._failing else []
