"""How a daemon froze, in words."""

from __future__ import annotations

from watchdog.core.freeze import Freeze
from watchdog.wording.catalogue import Catalogue
from watchdog.wording.english import ENGLISH
from watchdog.wording.plain import plain


def describe_freeze(freeze: Freeze, words: Catalogue = ENGLISH) -> str:
    """For how long, where, and in the code of which check, in a sentence."""
    probe = freeze.probe
    who = (
        words.froze_in_no_check
        if probe is None
        else words.froze_in.format(check=plain(probe.check), target=plain(probe.target))
    )
    places = ", ".join(plain(place) for place in freeze.places) or words.no_reason
    return words.froze.format(seconds=f"{freeze.seconds:g}", places=places, who=who)


def describe_switched_off(check: str, words: Catalogue = ENGLISH) -> str:
    """That a check is not asked any more, because it froze watchdog."""
    return words.switched_off.format(check=plain(check))


def describe_misbehaved(check: str, words: Catalogue = ENGLISH) -> str:
    """That a check is not asked any more, because it went wrong again and again."""
    return words.misbehaved.format(check=plain(check))
