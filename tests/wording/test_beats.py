"""What who is outside reads."""

from __future__ import annotations

import pytest

from watchdog.core.observation import Finding
from watchdog.core.progress import Complaint, Part
from watchdog.wording import ENGLISH, describe_beat, describe_degradation, words_of


def test_a_failing_beat_names_what_is_wrong_and_what_can_be_done() -> None:
    """First the reasons, then where to look."""
    lines = describe_beat(
        (
            Complaint("engine", Finding("cannot_be_asked", {"reason": "it did not answer\nwithin 5 s"})),
            Complaint(Part.DISPATCHER, Finding("some_stood_still", {"within": "10", "names": "phone"})),
        )
    )
    assert lines[:2] == (
        "The Docker engine cannot be asked: it did not answer within 5 s",
        "The dispatcher (tells people) made no progress within 10 s: phone",
    )
    assert "watchdog status" in lines[-1]


@pytest.mark.parametrize("about", [*Part, "engine", "checks", "heartbeat"])
def test_every_part_has_words(about: str) -> None:
    """Whatever is not well can be told, with and without its facts."""
    assert describe_degradation(about)
    assert about == "heartbeat" or ENGLISH.parts[about]


def test_who_is_outside_reads_french_too() -> None:
    """The reasons of a failing beat and what can be done about them are in the language of the daemon."""
    complaint = Complaint("checks", Finding("all_switched_off"))
    lines = [line.replace("\u00a0", " ") for line in describe_beat((complaint,), words_of("fr"))]
    assert lines[0] == "Les sondes sont toutes désactivées : plus rien n\u2019est observé"
    assert "watchdog status" in lines[-1]
    assert describe_degradation("engine", words_of("fr")).startswith("le moteur Docker")
