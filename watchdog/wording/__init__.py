"""The one place where facts become words.

Belongs here: a catalogue per language (`english.py`) and what fills it. Does not: any channel (HTML and
ANSI are the notifier's and the command line's) and any decision.
"""

from watchdog.wording.beats import describe_beat, describe_complaint, describe_degradation
from watchdog.wording.catalogue import Catalogue
from watchdog.wording.english import ENGLISH
from watchdog.wording.findings import describe_end, describe_finding
from watchdog.wording.freezes import describe_freeze, describe_switched_off
from watchdog.wording.happenings import describe_happening
from watchdog.wording.notifications import Message, describe_notification
from watchdog.wording.plain import plain
from watchdog.wording.spans import describe_span

__all__ = [
    "ENGLISH",
    "Catalogue",
    "Message",
    "describe_beat",
    "describe_complaint",
    "describe_degradation",
    "describe_end",
    "describe_finding",
    "describe_freeze",
    "describe_happening",
    "describe_notification",
    "describe_span",
    "describe_switched_off",
    "plain",
]
