"""What the configuration says, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from watchdog.cli.as_json import show_json
from watchdog.cli.exits import Exit
from watchdog.cli.language import own_words
from watchdog.cli.show import make_console, say, show_rows
from watchdog.config import Config, load_config
from watchdog.core.errors import ConfigError
from watchdog.registry import ACTION_KINDS, CHECK_KINDS, NOTIFIER_KINDS, OURS, Kinds, Refused
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
    words = own_words()
    line = words.screen["config_useless"].format(problems=words.counts["problems"](len(problems)))
    say(console, (line, "bold red"))


def _summary(settings: Settings, config: Config) -> dict[str, object]:
    return {
        "watch": {"project": config.watch.project, "label": config.watch.label},
        "autonomy": config.autonomy.value,
        "checks": [
            {
                "name": each.name,
                "kind": each.check.kind,
                "origin": CHECK_KINDS.origin(each.check.kind),
                "playbook": each.playbook,
                "severity": each.severity.value,
            }
            for each in config.checks
        ],
        "targets": sorted(config.targets),
        "playbooks": {name: [s.action for s in book.steps] for name, book in config.playbooks.items()},
        "notifiers": [
            {"name": each.name, "kind": each.kind, "origin": NOTIFIER_KINDS.origin(each.kind)}
            for each in config.notifiers
        ],
        "plugins": dict(_plug_ins(config)),
        "plugins_refused": [{"kind": each.name, "origin": each.origin} for each in _refused()],
        "state_dir": str(settings.state_dir),
        "sources": [str(source) for source in config.sources],
    }


def _show_config(settings: Settings, config: Config) -> None:
    console, words = make_console(), own_words()
    screen, headings = words.screen, words.headings
    say(console, (screen["config_good"], "bold green"))
    if config.watch.project:
        say(console, screen["watched_project"].format(project=config.watch.project))
    else:
        say(console, screen["watched_label"].format(label=config.watch.label))
    say(console, screen["autonomy"].format(autonomy=config.autonomy.value))
    say(console, screen["state_folder"].format(folder=settings.state_dir))
    say(console, "")
    show_rows(
        console,
        tuple(headings[name] for name in ("check", "kind", "playbook", "severity")),
        [(c.name, c.check.kind, c.playbook, c.severity.value) for c in config.checks],
    )
    say(console, "")
    show_rows(
        console,
        (headings["playbook"], headings["steps"]),
        [
            (name, screen["then_a_human"].format(steps=", ".join(s.action for s in book.steps)))
            for name, book in config.playbooks.items()
        ],
    )
    if config.targets:
        say(console, "")
        say(console, screen["wishes"].format(targets=", ".join(sorted(config.targets))))
    notifiers = ", ".join(f"{each.name} ({each.kind})" for each in config.notifiers)
    say(console, screen["told_by"].format(notifiers=notifiers or screen["nobody"]))
    for kind, origin in _plug_ins(config):
        say(console, screen["plug_in"].format(kind=kind, origin=origin))
    for each in _refused():
        say(console, (screen["plug_in_refused"].format(kind=each.name, origin=each.origin), "bold yellow"))


def _plug_ins(config: Config) -> Iterator[tuple[str, str]]:
    """The kinds in use that did not come with watchdog, and where each comes from."""
    steps = (step.action for book in config.playbooks.values() for step in book.steps)
    used: tuple[tuple[Kinds[Any], Iterable[str]], ...] = (
        (CHECK_KINDS, (each.check.kind for each in config.checks)),
        (ACTION_KINDS, steps),
        (NOTIFIER_KINDS, (each.kind for each in config.notifiers)),
    )
    for kinds, names in used:
        for name in dict.fromkeys(names):
            if kinds.origin(name) != OURS:
                yield name, kinds.origin(name)


def _refused() -> tuple[Refused, ...]:
    return (*CHECK_KINDS.refused(), *ACTION_KINDS.refused(), *NOTIFIER_KINDS.refused())
