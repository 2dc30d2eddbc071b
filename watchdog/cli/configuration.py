"""What the configuration says, or everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

from watchdog.cli.as_json import show_json
from watchdog.cli.exits import Exit
from watchdog.cli.show import make_console, say, show_rows
from watchdog.config import Config, load_config
from watchdog.core.errors import ConfigError
from watchdog.settings import Settings, load_settings


def check_config(file: Path | None, *, as_json: bool) -> int:
    """Show all problems, or what would be watched; the exit code."""
    try:
        settings = load_settings()
        config = load_config(file or settings.config, given=settings.channels())
    except ConfigError as error:
        if as_json:
            show_json({"ok": False, "problems": list(error.problems)})
        else:
            show_problems(error.problems)
        return Exit.CONFIG
    if as_json:
        show_json({"ok": True, **_summary(settings, config)})
    else:
        _show_config(settings, config)
    return Exit.FINE


def show_problems(problems: tuple[str, ...]) -> None:
    """All of them on stderr, one a line."""
    console = make_console(stderr=True)
    for problem in problems:
        say(console, problem)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    say(console, (f"{count}: the configuration cannot be used", "bold red"))


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
