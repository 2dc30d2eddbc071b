from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from watchdog.core.errors import JournalError

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
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "journal.db").write_text("this is no database, however long it may be")
    ran = watchdog("run", "--config", str(SHIPPED))
    assert ran.exit_code == 1
    assert "journal.db" in ran.output
    assert not isinstance(ran.exception, JournalError)
