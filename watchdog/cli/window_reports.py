"""What is shown of maintenance and silences."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from watchdog.cli.language import own_words
from watchdog.cli.show import ago, field, local_time, mark, say
from watchdog.wording import Catalogue, describe_saying, describe_span

Json = dict[str, Any]


def report_maintenance(console: Console, listed: Json) -> None:
    """What is not touched, and what recurs."""
    words = own_words()
    if not listed["windows"]:
        say(console, words.screen["no_maintenance"])
    report_windows(console, listed["windows"], listed["at"], words)
    for each in listed["recurring"]:
        line = words.screen["recurs"].format(
            name=each["name"],
            what=_what(each, words),
            cron=each["cron"],
            zone=each["zone"],
            span=describe_span(each["seconds"], words),
        )
        if each["next"]:
            line += words.screen["comes_next"].format(next=local_time(each["next"]))
        say(console, line)


def report_silences(console: Console, listed: Json) -> None:
    """Of what nothing is told."""
    words = own_words()
    if not listed["windows"]:
        say(console, words.screen["no_silence"])
    report_windows(console, listed["windows"], listed["at"], words)


def report_window_answer(console: Console, answer: Json) -> None:
    """The window that was begun or ended; or, of a dry run, that would be."""
    words = own_words()
    if answer.get("dry_run"):
        say(console, mark("warning"), words.screen["would_begin"])
    report_windows(console, [answer["window"]], answer["at"], words)
    for target in answer.get("covers", ()):
        say(console, f"    - {target}")


def report_windows(console: Console, windows: list[Json], now: str, words: Catalogue | None = None) -> None:
    """Each in full: what, until when, by whom, and how to end it."""
    words = words or own_words()
    for window in windows:
        _report_window(console, window, now, words)


def _report_window(console: Console, window: Json, now: str, words: Catalogue) -> None:
    screen = words.screen
    maintenance = window["purpose"] == "maintenance"
    facts = {"window": window["id"], "what": _what(window, words)}
    if window["over"]:
        say(console, screen["was_not_touched" if maintenance else "was_not_told"].format(**facts))
    else:
        until = local_time(window["until"]) if window["until"] else screen["until_ended"]
        line = screen["not_touched" if maintenance else "not_told"].format(until=until, **facts)
        left = screen["time_left"].format(span=describe_span(window["left"], words)) if window["left"] else ""
        say(console, mark("held"), (line, "bold cyan"), left)
    begun = f"{local_time(window['begun'])}, {ago(window['begun'], words, now)}"
    field(console, words, "since", begun)
    field(console, words, "asked_by", describe_saying(window["by"], words))
    if window["why"]:
        field(console, words, "why", window["why"])
    for command in window["commands"]:
        field(console, words, "you_can", (command, "bold"))


def _what(window: Json, words: Catalogue) -> str:
    targets = window["targets"]
    return words.screen["whole_stack"] if targets is None else ", ".join(targets)
