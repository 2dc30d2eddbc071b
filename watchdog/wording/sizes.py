"""Sizes in words."""

from __future__ import annotations

from watchdog.core.size import show_size
from watchdog.wording.catalogue import Catalogue
from watchdog.wording.english import ENGLISH


def describe_size(size: float, words: Catalogue = ENGLISH) -> str:
    """So many bytes, with the decimal mark and the unit of the language."""
    number, unit = show_size(size).split(" ")
    return words.sizes[unit].format(n=number.replace(".", words.decimal))
