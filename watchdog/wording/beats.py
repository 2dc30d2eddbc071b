"""What a beat of the heart found not to be well, in words."""

from __future__ import annotations

from collections.abc import Sequence

from watchdog.core.progress import Complaint
from watchdog.wording.catalogue import Catalogue
from watchdog.wording.english import ENGLISH
from watchdog.wording.findings import describe_finding


def describe_beat(complaints: Sequence[Complaint], words: Catalogue = ENGLISH) -> tuple[str, ...]:
    """The lines of a ping that fails: each complaint, then that watchdog itself lives, and what a human can do."""
    return (*(describe_complaint(complaint, words) for complaint in complaints), words.beat_advice)


def describe_complaint(complaint: Complaint, words: Catalogue = ENGLISH) -> str:
    """One of them, as a sentence without its full stop."""
    return f"{words.parts[complaint.about]} {describe_finding(complaint.finding, words)}"


def describe_degradation(about: str, words: Catalogue = ENGLISH) -> str:
    """That a part is not well, without a word from outside: fit for a page that anybody may read."""
    return words.degradations[about]
