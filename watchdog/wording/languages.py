"""The other languages: the English catalogue with every string looked up in `locale/`.

The strings of the English catalogue are the msgids of `locale/LANGUAGE/LC_MESSAGES/watchdog.po`; `scripts/words.py`
keeps that file in step and compiles it. At run time the standard library reads the compiled one. The name of the
field that a string stands in is its context: "open" is said of an incident and of a proposal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any

from watchdog.wording.catalogue import Catalogue, Counted
from watchdog.wording.english import ENGLISH

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "watchdog"
# What is typed is the same in every language.
_TYPED = "commands"
_PLACEHOLDER = re.compile(r"\{[a-z]+\}")


Text = str | Counted
Visit = Callable[[str, str, Text], Text]


@cache
def words_of(language: str) -> Catalogue:
    """The words of a language ("en", "fr"). One that is not known is English."""
    if language not in known_languages():
        return ENGLISH
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as opened:
        return translate(GNUTranslations(opened))


@cache
def known_languages() -> tuple[str, ...]:
    """Those with a compiled catalogue, beside English."""
    return tuple(sorted(file.parts[-3] for file in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))


def translate(found: NullTranslations) -> Catalogue:
    """The English catalogue in another language; a text without a translation stays English."""

    def visit(context: str, _: str, text: Text) -> Text:
        if isinstance(text, str):
            return found.pgettext(context, text)
        none, one, many = (found.npgettext(context, text.one, text.many, n) for n in (0, 1, 2))
        return Counted(none=none, one=one, many=many)

    return _walk(ENGLISH, visit)


def strings(catalogue: Catalogue = ENGLISH) -> tuple[tuple[str, str, Text], ...]:
    """Every text that says something, with its context and its place; the same one may stand in several places."""
    found: list[tuple[str, str, Text]] = []

    def keep(context: str, place: str, text: Text) -> Text:
        found.append((context, place, text))
        return text

    _walk(catalogue, keep)
    return tuple(found)


def _walk(catalogue: Catalogue, visit: Visit) -> Catalogue:
    """The catalogue with each of its texts replaced by what `visit` makes of it, given its context and place."""

    def go(value: Any, context: str, place: str) -> Any:
        if isinstance(value, str):
            return visit(context, place, value) if _says(value) else value
        if isinstance(value, Counted):
            return visit(context, place, value)
        if isinstance(value, Mapping):
            return {key: go(each, context, f"{place}.{key}") for key, each in value.items()}
        if isinstance(value, tuple):
            return tuple(go(each, context, place) for each in value)
        inside = {field.name: getattr(value, field.name) for field in fields(value)}
        changed = {
            name: go(each, context or name, f"{place}.{name}" if place else name)
            for name, each in inside.items()
            if name != _TYPED
        }
        return replace(value, **changed)

    made: Catalogue = go(catalogue, "", "")
    return made


def _says(text: str) -> bool:
    """Whether there is anything in it besides placeholders."""
    return bool(_PLACEHOLDER.sub("", text).strip())
