import asyncio
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import Result

from tests.fakes import FakeClock
from watchdog.core.errors import JournalError
from watchdog.core.kept import KeptConfig
from watchdog.gateways.journal import Journal
from watchdog.gateways.journal_file import JournalFile

Watchdog = Callable[..., Result]
SHIPPED = Path(__file__).parents[2] / "config" / "watchdog.yml"


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WATCHDOG_STATE_DIR", str(tmp_path / "state"))


def test_a_bad_configuration_is_told_and_nothing_is_started(watchdog: Watchdog, tmp_path: Path) -> None:
    """Exit code 78, all problems, and no state left behind."""
    (tmp_path / "w.yml").write_text("version: 1\nwotch: {}\n")
    ran = watchdog("run", "--config", "w.yml")
    assert ran.exit_code == 78
    assert "wotch" in ran.output
    assert not (tmp_path / "state").exists()


def test_a_state_folder_that_cannot_be_made_is_told(watchdog: Watchdog, tmp_path: Path) -> None:
    """Exit code 78, the folder, and the variable that chooses another."""
    (tmp_path / "state").touch()
    ran = watchdog("run", "--config", str(SHIPPED))
    assert ran.exit_code == 78
    assert f"cannot make {tmp_path}/state" in ran.output
    assert "WATCHDOG_STATE_DIR" in ran.output


def test_a_journal_that_cannot_be_used_is_told(watchdog: Watchdog, tmp_path: Path) -> None:
    """Exit code 1, the file and the fix, no traceback."""
    (tmp_path / "state" / "journal.db").mkdir(parents=True)
    ran = watchdog("run", "--config", str(SHIPPED))
    assert ran.exit_code == 1
    assert "journal.db: it is a folder" in ran.output
    assert not isinstance(ran.exception, JournalError)


def test_the_journal_of_a_newer_watchdog_is_told_and_left_alone(watchdog: Watchdog, tmp_path: Path) -> None:
    """Exit code 78 and what to do: no restart helps, and the memory of the newer one is not touched."""
    (tmp_path / "state").mkdir()
    path = tmp_path / "state" / "journal.db"
    JournalFile(path).close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    ran = watchdog("run", "--config", str(SHIPPED))
    assert ran.exit_code == 78
    assert "written by a newer watchdog" in ran.output
    assert "run that version, or move the file away" in " ".join(ran.output.split())


def test_a_port_that_is_taken_is_told(
    watchdog: Watchdog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 78, the address and the ways out: nobody looks for metrics that are another program's."""
    (tmp_path / "w.yml").write_text("version: 1\nwatch: {project: nobody-has-this}\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        monkeypatch.setenv("WATCHDOG_LISTEN", f"127.0.0.1:{port}")
        ran = watchdog("run", "--config", "w.yml")
    assert ran.exit_code == 78
    assert f"web.listen 127.0.0.1:{port}: another program listens there already" in ran.output
    assert not (tmp_path / "state" / "control.sock").exists()


def test_a_configuration_of_another_file_is_no_last_good_one(watchdog: Watchdog, tmp_path: Path) -> None:
    """A daemon never runs with what was good in another file: it may be that of another stack."""
    (tmp_path / "state").mkdir()
    (tmp_path / "bad.yml").write_text("version: 1\nwotch: {}\n")
    kept = KeptConfig(
        path=str(tmp_path / "good.yml"),
        files={str(tmp_path / "good.yml"): "version: 1\nwatch: {project: nobody-has-this}\n"},
        at=FakeClock().now(),
    )

    async def keep() -> None:
        journal = await Journal.open(tmp_path / "state" / "journal.db")
        await journal.keep_config(kept)
        await journal.close()

    asyncio.run(keep())
    ran = watchdog("run", "--config", "bad.yml")
    assert ran.exit_code == 78
    assert "wotch" in ran.output
