"""The command that becomes the daemon."""

from __future__ import annotations

from pathlib import Path

from watchdog import app
from watchdog.cli import ballast
from watchdog.cli.exits import Exit
from watchdog.config import Loaded, load_from_disk
from watchdog.core.errors import ConfigError, NewerJournal, WatchdogError
from watchdog.settings import load_settings
from watchdog.telemetry.logs import configure_logs


def run_daemon(file: Path | None) -> int:
    """Be the daemon until a signal ends it; the exit code."""
    loaded: Loaded | None = None
    problems: tuple[str, ...] = ()
    try:
        settings = load_settings()
    except ConfigError as error:
        return _problems(error.problems)
    path = file or settings.config
    try:
        loaded = load_from_disk(path, settings.channels())
    except ConfigError as error:
        problems = error.problems
        if not (settings.state_dir / app.JOURNAL).exists():
            return _problems(problems)  # there is no last good one to run with
    configure_logs(level=settings.log_level, secrets=settings.known_secrets())
    try:
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        fix = "set WATCHDOG_STATE_DIR to a folder that this user can write"
        return _error(f"cannot make {settings.state_dir}: {error.strerror}", fix, Exit.CONFIG)
    try:
        return app.main(settings, path, loaded, problems)
    except ConfigError as error:
        return _problems(error.problems)
    except NewerJournal as error:
        # As with a broken configuration: no restart helps, only a person does.
        return _error(str(error), "", Exit.CONFIG)
    except WatchdogError as error:
        return _error(str(error), "", Exit.SICK)


def _problems(problems: tuple[str, ...]) -> int:
    # rich is for those who show something: a daemon that runs does not carry it.
    ballast.take_back()
    from watchdog.cli.configuration import show_problems  # noqa: PLC0415

    show_problems(problems)
    return Exit.CONFIG


def _error(text: str, fix: str, code: Exit) -> int:
    ballast.take_back()
    from watchdog.cli.show import show_error  # noqa: PLC0415 - the same

    show_error(text, fix, as_json=False)
    return code
