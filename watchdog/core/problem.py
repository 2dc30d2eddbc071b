"""One mistake in a file or in the environment, as the line that people get: where, what, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from watchdog.core.errors import ConfigError
from watchdog.core.redaction import redact

_LONGEST = 80
_PLAIN_KEY = re.compile(r"[\w#-]+")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file; `line` and `column` count from 1, 0 is the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column or 1}"


@dataclass(slots=True)
class Report:
    """Collects problems while everything goes on being read, so that people get all of them at once."""

    # A dict for its order and because the same problem, found twice, is told once.
    _problems: dict[tuple[Place, str], None] = field(default_factory=dict)

    def add(self, place: Place, what: str, *, key: str = "", got: str = "", fix: str = "") -> None:
        """Note a problem. `got` is what stands there now, already made fit to be shown."""
        text = f"{place} {key}: {what}" if key else f"{place}: {what}"
        if got:
            text += f" (got {got})"
        if fix:
            text += f". Fix: {fix}"
        self._problems.setdefault((place, text))

    def __len__(self) -> int:
        return len(self._problems)

    def mentions(self, file: str) -> bool:
        """Whether anything is wrong with this file."""
        return any(place.file == file for place, _ in self._problems)

    def error(self) -> ConfigError:
        """All of them, file by file in the order in which the files were read, each file from top to bottom."""
        files = {
            file: rank for rank, file in enumerate(dict.fromkeys(place.file for place, _ in self._problems))
        }
        ordered = sorted(self._problems, key=lambda problem: (files[problem[0].file], problem[0]))
        return ConfigError(tuple(text for _, text in ordered))


def show_text(text: str, *, quoted: bool = False, longest: int = _LONGEST) -> str:
    """Text from a file made fit for a terminal: one line, bounded, no control characters, no secret."""
    text = redact(text)
    if len(text) > longest:
        text = f"{text[:longest]}…"
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f'"{text}"' if quoted else text


def show_key(path: Iterable[str | int]) -> str:
    """`("steps", 1, "verify")` -> `steps[1].verify`."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            plain = (
                part if _PLAIN_KEY.fullmatch(part) and part.isprintable() else show_text(part, quoted=True)
            )
            shown += f".{plain}" if shown else plain
    return shown


def suggest(word: str, known: Iterable[str]) -> str:
    """What may have been meant: the nearest known word, or all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(word[:_LONGEST], known, n=1)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"known here: {', '.join(known)}" if known else "remove it"
