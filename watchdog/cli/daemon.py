"""The commands that read the configuration themselves: `run`, which becomes the daemon, and `config check`."""

from __future__ import annotations

import sys
from pathlib import Path

from watchdog import app
from watchdog.cli.exits import Exit
from watchdog.cli.show import make_console, say, show_error, show_json, show_rows
from watchdog.config import Config, load_config
from watchdog.core.errors import ConfigError, WatchdogError
from watchdog.settings import Settings, load_settings
from watchdog.telemetry.logs import configure_logs


def run_daemon(file: Path | None) -> int:
    """Be the daemon until a signal ends it; the exit code."""
    try:
        settings = load_settings()
        config = load_config(file or settings.config)
    except ConfigError as error:
        _show_problems(error.problems)
        return Exit.CONFIG
    configure_logs(level=settings.log_level, secrets=settings.known_secrets())
    try:
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        fix = "set WATCHDOG_STATE_DIR to a folder that this user can write"
        show_error(f"cannot make {settings.state_dir}: {error.strerror}", fix, as_json=False)
        return Exit.CONFIG
    try:
        return app.main(settings, config)
    except ConfigError as error:
        _show_problems(error.problems)
        return Exit.CONFIG
    except WatchdogError as error:
        show_error(str(error), "", as_json=False)
        return Exit.SICK


def check_config(file: Path | None, *, as_json: bool) -> int:
    """Show all problems, or what would be watched; the exit code."""
    try:
        settings = load_settings()
        config = load_config(file or settings.config)
    except ConfigError as error:
        if as_json:
            show_json({"ok": False, "problems": list(error.problems)})
        else:
            _show_problems(error.problems)
        return Exit.CONFIG
    if as_json:
        show_json({"ok": True, **_summary(settings, config)})
    else:
        _show_config(settings, config)
    return Exit.FINE


def _show_problems(problems: tuple[str, ...]) -> None:
    console = make_console(stderr=True)
    for problem in problems:
        say(console, problem)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    say(console, (f"{count}: the configuration cannot be used", "bold red"))
    sys.stderr.flush()


def _summary(settings: Settings, config: Config) -> dict[str, object]:
    return {
        "watch": {"project": config.watch.project, "label": config.watch.label},
        "autonomy": config.autonomy.value,
        "checks": [
            {
                "name": each.name,
                "kind": each.check.kind,
                "playbook": each.playbook,
                "severity": each.severity.value,
            }
            for each in config.checks
        ],
        "targets": sorted(config.targets),
        "playbooks": {name: [s.action for s in book.steps] for name, book in config.playbooks.items()},
        "notifiers": [{"name": each.name, "kind": each.kind} for each in config.notifiers],
        "state_dir": str(settings.state_dir),
        "sources": [str(source) for source in config.sources],
    }


def _show_config(settings: Settings, config: Config) -> None:
    console = make_console()
    say(console, ("The configuration is good.", "bold green"))
    if config.watch.project:
        say(console, f"watched: every container of the Compose project {config.watch.project}")
    else:
        say(console, f"watched: every container with the label {config.watch.label}")
    say(console, f"autonomy: {config.autonomy.value}")
    say(console, f"state: {settings.state_dir}")
    say(console, "")
    show_rows(
        console,
        ("check", "kind", "playbook", "severity"),
        [(c.name, c.check.kind, c.playbook, c.severity.value) for c in config.checks],
    )
    say(console, "")
    show_rows(
        console,
        ("playbook", "steps"),
        [
            (name, ", ".join(s.action for s in book.steps) + ", a human")
            for name, book in config.playbooks.items()
        ],
    )
    if config.targets:
        say(console, "")
        say(console, f"targets with wishes of their own: {', '.join(sorted(config.targets))}")
    notifiers = ", ".join(f"{each.name} ({each.kind})" for each in config.notifiers)
    say(console, f"told by: {notifiers or 'nobody'}")
