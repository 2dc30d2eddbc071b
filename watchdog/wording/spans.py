"""Spans of time in words."""

from __future__ import annotations

from watchdog.wording.catalogue import Catalogue
from watchdog.wording.english import ENGLISH

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
# Below this, tenths of a second matter: that is the scale of a heal.
_EXACT = 10


def describe_span(seconds: float, words: Catalogue = ENGLISH) -> str:
    """So many seconds, as a person says it: two units at most."""
    if seconds < _EXACT:
        exact = f"{max(0.0, seconds):.1f}".removesuffix(".0")
        return words.seconds.format(n=exact.replace(".", words.decimal))
    whole = round(seconds)
    if whole < _MINUTE:
        return words.seconds.format(n=whole)
    if whole < _HOUR:
        return words.minutes.format(n=whole // _MINUTE, m=whole % _MINUTE)
    if whole < _DAY:
        return words.hours.format(n=whole // _HOUR, m=whole % _HOUR // _MINUTE)
    return words.days.format(n=whole // _DAY, m=whole % _DAY // _HOUR)
