"""Writing to the terminal: everything goes through here, as text and never as markup."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from watchdog.cli.as_json import show_json
from watchdog.cli.language import own_words
from watchdog.wording import Catalogue, describe_saying, describe_span, plain

Json = dict[str, Any]

# Not a terminal: nothing is wrapped, so that grep and cut find whole lines.
_NO_WRAP = 500

COLOURS = {
    "well": "green",
    "ok": "green",
    "healed": "green",
    "recovered": "green",
    "moving": "yellow",
    "warning": "yellow",
    "waiting": "yellow",
    "acting": "yellow",
    "verifying": "yellow",
    "suppressed": "yellow",
    "open": "yellow",
    "held": "cyan",
    "taken_over": "cyan",
    "asked": "magenta",
    "unknown": "magenta",
    "not_seen": "magenta",
    "sick": "red",
    "critical": "red",
    "escalated": "red",
    "proposed": "magenta",
    "approved": "green",
    "used": "green",
    "declined": "red",
    "expired": "red",
    "stale": "red",
}
MARKS = {"green": "+", "yellow": "~", "cyan": "=", "magenta": "?", "red": "!"}


def make_console(*, stderr: bool = False) -> Console:
    """A console that takes nothing for markup, and wraps nothing when it is no terminal."""
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = _NO_WRAP
    return console


def show_error(error: str, fix: str, *, as_json: bool) -> None:
    """What is wrong, and what to do: on stderr, for programs as JSON on stdout."""
    if as_json:
        show_json({"error": error, "fix": fix})
        return
    console, words = make_console(stderr=True), own_words()
    console.print(Text.assemble((words.screen["error"], "bold red"), describe_saying(error, words)))
    if fix:
        console.print(Text.assemble((words.screen["fix"], "bold"), describe_saying(fix, words)))


def say(console: Console, *parts: str | tuple[str, str]) -> None:
    """One line of parts, each a text or a text with its style."""
    console.print(Text.assemble(*(_clean(part) for part in parts)), soft_wrap=True)


def show_rows(console: Console, headings: tuple[str, ...], rows: list[tuple[Text | str, ...]]) -> None:
    """A table without frames."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=not console.is_terminal, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row))
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as kept:
        console.print(table)
    sys.stdout.write("".join(line.rstrip() + "\n" for line in kept.get().splitlines()))


def coloured(word: str, kind: str) -> Text:
    """A word in the colour of its kind."""
    return Text(plain(word), style=COLOURS.get(kind, ""))


def mark(kind: str) -> tuple[str, str]:
    """The sign of a kind, for eyes that see no colours too."""
    colour = COLOURS.get(kind, "")
    return f"{MARKS.get(colour, '?')} ", f"bold {colour}"


def local_time(moment: str, *, exact: bool = False) -> str:
    """A moment in the time of this machine."""
    at = datetime.fromisoformat(moment).astimezone()
    if exact:
        return at.strftime("%H:%M:%S.") + f"{at.microsecond // 1000:03d}"
    return at.strftime("%Y-%m-%d %H:%M:%S")


def ago(moment: str, words: Catalogue, now: str | None = None) -> str:
    """How long ago a moment was."""
    end = datetime.fromisoformat(now) if now else datetime.now(UTC)
    span = describe_span((end - datetime.fromisoformat(moment)).total_seconds(), words)
    return words.screen["ago"].format(span=span)


def field(
    console: Console, words: Catalogue, label: str, value: str | tuple[str, str], wider: int = 0
) -> None:
    """A value below its target, with its label before it; "" for one more value of the same label."""
    width = max(map(len, words.labels.values())) + 1 + wider
    say(console, f"    {words.labels.get(label, label):<{width}}", value)


def _clean(part: str | tuple[str, str]) -> str | tuple[str, str]:
    if isinstance(part, str):
        return _keep_edges(part)
    return _keep_edges(part[0]), part[1]


def _keep_edges(text: str) -> str:
    """Clean, but keep the spaces at both ends: they are the layout."""
    inner = text.strip(" ")
    if not inner:
        return text
    start = len(text) - len(text.lstrip(" "))
    end = len(text) - len(text.rstrip(" "))
    return " " * start + plain(inner) + " " * end
