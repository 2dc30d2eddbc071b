"""The one place where facts become words.

Belongs here: the English catalogue (`english.py`), its translations (`locale/`) and what fills them. Does not: any channel (HTML and
ANSI are the notifier's and the command line's) and any decision.
"""

from watchdog.wording.beats import describe_beat, describe_complaint, describe_degradation
from watchdog.wording.catalogue import Catalogue
from watchdog.wording.english import ENGLISH
from watchdog.wording.findings import describe_end, describe_finding
from watchdog.wording.freezes import describe_freeze, describe_misbehaved, describe_switched_off
from watchdog.wording.happenings import describe_happening
from watchdog.wording.incidents import Tale, describe_story
from watchdog.wording.languages import words_of
from watchdog.wording.notifications import Message, describe_notification
from watchdog.wording.plain import plain
from watchdog.wording.sayings import describe_saying
from watchdog.wording.spans import describe_span

__all__ = [
    "ENGLISH",
    "Catalogue",
    "Message",
    "Tale",
    "describe_beat",
    "describe_complaint",
    "describe_degradation",
    "describe_end",
    "describe_finding",
    "describe_freeze",
    "describe_happening",
    "describe_misbehaved",
    "describe_notification",
    "describe_saying",
    "describe_span",
    "describe_story",
    "describe_switched_off",
    "plain",
    "words_of",
]
