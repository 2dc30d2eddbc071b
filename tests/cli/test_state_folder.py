from __future__ import annotations

from pathlib import Path

import pytest

from watchdog.cli.state_folder import find_socket, state_folder
from watchdog.settings import load_settings


@pytest.mark.parametrize(
    ("variable", "dotenv"),
    [("state", None), (None, "WATCHDOG_STATE_DIR=elsewhere\n"), (None, None), ("~/state", None)],
)
def test_clients_look_where_the_daemon_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None, dotenv: str | None
) -> None:
    """The same answer as the daemon's own, from the environment, from .env, and by default."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WATCHDOG_STATE_DIR", raising=False)
    if variable is not None:
        monkeypatch.setenv("WATCHDOG_STATE_DIR", variable)
    if dotenv is not None:
        (tmp_path / ".env").write_text(dotenv)

    assert Path(state_folder()) == load_settings(tmp_path / ".env", tmp_path / "no secrets").state_dir


def test_a_folder_or_a_socket_may_be_named(tmp_path: Path) -> None:
    """`--socket` takes both."""
    assert find_socket(tmp_path) == f"{tmp_path}/control.sock"
    assert find_socket(tmp_path / "other.sock") == f"{tmp_path}/other.sock"
