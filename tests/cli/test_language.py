# ruff: noqa: RUF001 - the French have an apostrophe of their own
"""The command line in the language of its user."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.conftest import Daemon
from watchdog.cli.language import named_language, own_words
from watchdog.core.incident import Act
from watchdog.core.observation import Status
from watchdog.settings import load_settings
from watchdog.wording import ENGLISH, words_of


@pytest.mark.parametrize(
    ("variable", "dotenv"),
    [
        ("fr", None),
        ("FR", None),
        (None, "WATCHDOG_LANGUAGE=fr\n"),
        ("en", "WATCHDOG_LANGUAGE=fr\n"),
        (None, None),
    ],
)
def test_clients_speak_the_language_of_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None, dotenv: str | None
) -> None:
    """The same answer as the daemon's own, from the environment, from .env, and by default."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WATCHDOG_LANGUAGE", raising=False)
    if variable is not None:
        monkeypatch.setenv("WATCHDOG_LANGUAGE", variable)
    if dotenv is not None:
        (tmp_path / ".env").write_text(dotenv)

    assert named_language() == load_settings(tmp_path / ".env", tmp_path / "no secrets").language


def test_an_unknown_language_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client says what it has to say all the same; the daemon is who refuses the setting."""
    monkeypatch.setenv("WATCHDOG_LANGUAGE", "tlh")
    assert own_words() is ENGLISH


@pytest.fixture
def french(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """A daemon and a user that both speak French."""
    monkeypatch.setenv("WATCHDOG_LANGUAGE", "fr")
    daemon.office.desk._words = words_of("fr")
    return daemon


def test_a_status_is_told_in_french(french: Daemon, watchdog: Callable[..., Result]) -> None:
    """Headings, states, reasons and what can be done: all of it in one language, and the commands as they are typed."""
    french.office.watch("api", Status.CRITICAL, "found_down")
    french.office.held("api", Act.UNCLEAR)
    shown = watchdog("status").stdout
    assert "1 sur 1\u00a0cible ne va pas bien." in shown
    assert "api a été trouvé à l’arrêt, et personne ne sait qui l’a arrêté (code de sortie inconnu)" in shown
    assert "    état        doit-il tourner\u202f?" in shown
    assert "    vous pouvez watchdog release api" in shown


def test_a_reason_is_told_in_french(french: Daemon, watchdog: Callable[..., Result]) -> None:
    """What is decided in English, and written down so, is told in French."""
    french.office.watch("api", Status.CRITICAL, "exited")
    french.office.responder.reasons["api"] = "backing-off: 12.0 s to go"
    shown = watchdog("status").stdout
    assert "pourquoi    l’attente entre deux tentatives n’est pas finie\u00a0: encore 12.0\u00a0s" in shown


def test_no_daemon_is_told_in_french(
    tmp_path: Path, watchdog: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nobody answers, the way out is told."""
    monkeypatch.setenv("WATCHDOG_LANGUAGE", "fr")
    monkeypatch.setenv("WATCHDOG_STATE_DIR", str(tmp_path))
    shown = watchdog("status")
    assert shown.exit_code == 3
    assert "erreur\u00a0: aucun daemon ne répond sur" in shown.stderr
    assert "remède\u00a0: démarrez-le\u00a0: watchdog run" in shown.stderr


def test_a_name_that_nobody_knows_is_told_in_french(french: Daemon, watchdog: Callable[..., Result]) -> None:
    """What the daemon refuses is told in the language of who asked; programs get it as it was said."""
    french.office.watch("api")
    shown = watchdog("hold", "apo")
    assert shown.exit_code == 4
    assert "erreur\u00a0: il n’y a pas de cible 'apo'" in shown.stderr
    assert "vouliez-vous dire api\u202f? connus\u00a0: api" in shown.stderr
    assert "there is no target" in watchdog("hold", "apo", "--json").stdout
