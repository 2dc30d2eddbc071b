"""Maintenance and silences, kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gateways.journal_samples import a_case, a_notification, an_incident, at
from watchdog.core.errors import JournalError
from watchdog.core.incident import Ending, Phase
from watchdog.core.maintenance import Purpose, Window, begin_window
from watchdog.core.notification import Notification, Telling
from watchdog.core.observation import Finding
from watchdog.core.story import Delivery
from watchdog.gateways.journal_damage import carry_over
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_memory import Memory
from watchdog.gateways.journal_outbox import Outbox
from watchdog.gateways.journal_story import Past
from watchdog.gateways.journal_windows import KEPT, WindowRows


class Desk:
    """A journal with an incident of the target app, and a phone that is told of it."""

    def __init__(self, file: JournalFile) -> None:
        self.file = file
        self.outbox = Outbox(file)
        self.windows = WindowRows(file, self.outbox)
        self.memory = Memory(file)
        self.outbox.undelivered("phone", 1)

    def decide(self, *tellings: Telling, incident: int = 1, **more: object) -> None:
        """A decision of an incident that is told in these ways."""
        sick = replace(an_incident(incident), **more)  # type: ignore[arg-type] # fields by name
        told = tuple(
            replace(a_notification(), telling=telling, target=sick.target, incident=sick.id)
            for telling in tellings
        )
        self.memory.save(a_case(sick), told, "decided", at(1))

    def waiting(self) -> list[str]:
        """What is to be handed over, and keeps waiting."""
        return [entry.notification.telling.value for entry in self.outbox.undelivered("phone", 50)]

    def silence_all(self, window: Window) -> None:
        """Keep back all that waits."""
        ids = tuple(entry.id for entry in self.outbox.undelivered("phone", 50))
        self.windows.silence(ids, "phone", window.id, at(2))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(JournalFile(tmp_path / "journal.db")) as file:
        yield Desk(file)


def a_window(
    number: int = 1, *targets: str, purpose: Purpose = Purpose.SILENCE, lasts: float = 60.0
) -> Window:
    letter = purpose.value[0]
    return begin_window(f"{letter}{number}", purpose, targets or None, "ada", at(1), lasts=lasts)


def test_a_window_is_found_again_until_its_end_was_written(desk: Desk) -> None:
    """What is over by the clock still has an end to be told; only then it is past."""
    window = a_window(1, "api", purpose=Purpose.MAINTENANCE)
    desk.windows.begin(window, "maintenance m1 begun by ada", (), at(1))
    counted = window.counted(at(20))
    desk.windows.keep((counted,))
    assert desk.windows.unsettled() == (counted,)
    assert desk.windows.latest(9, Purpose.MAINTENANCE) == (counted,)
    assert desk.windows.latest(9, Purpose.SILENCE) == ()

    desk.windows.end(counted.closed(at(30)), "maintenance m1 ended by ada", (), (), at(30))
    assert desk.windows.unsettled() == ()
    assert desk.windows.latest(9, Purpose.MAINTENANCE)[0].ended == at(30)
    lines = Past(desk.file).recent_entries(9)
    assert [(line.kind, line.target) for line in lines] == [
        ("maintenance.begun", "api"),
        ("maintenance.ended", "api"),
    ]


def test_a_window_and_what_is_told_of_it_are_one(desk: Desk) -> None:
    """A window that could not be written is not told either."""
    window = a_window()
    told = replace(a_notification(), telling=Telling.HELD, incident=None)
    desk.windows.begin(window, "begun", (told,), at(1))
    with pytest.raises(JournalError):
        desk.windows.begin(window, "begun again", (told,), at(2))
    assert desk.waiting() == ["held"]
    assert len(Past(desk.file).recent_entries(9)) == 1


def test_an_occurrence_happens_once(desk: Desk) -> None:
    """Of two windows for one occurrence the second is refused by the journal itself."""
    first = replace(a_window(1, purpose=Purpose.MAINTENANCE), occurrence="recurring:backup:2026-11-23T02:00")
    desk.windows.begin(first, "begun", (), at(1))
    desk.windows.end(first, "ended", (), (), at(2))
    with pytest.raises(JournalError):
        desk.windows.begin(replace(first, id="m2"), "begun", (), at(3))
    assert desk.windows.occurrences() == {first.occurrence}
    assert desk.windows.last_number() == 1


def test_windows_that_are_over_are_not_kept_for_ever(desk: Desk) -> None:
    """The latest stay, and so does whatever is not over."""
    standing = a_window(1, "api")
    desk.windows.begin(standing, "begun", (), at(1))
    with desk.file.transaction():
        for number in range(2, KEPT + 5):
            desk.file.do(
                "INSERT INTO windows (id, record, settled)"
                " SELECT ?, json_set(record, '$.id', ?), 1 FROM windows WHERE id = 's1'",
                *(f"s{number}", f"s{number}"),
            )
    desk.windows.begin(a_window(KEPT + 5), "begun", (), at(2))
    assert desk.file.number("SELECT count(*) FROM windows") == KEPT + 1
    assert [window.id for window in desk.windows.unsettled()] == ["s1", f"s{KEPT + 5}"]


def test_what_was_silenced_of_an_open_incident_is_told_at_the_end(desk: Desk) -> None:
    """One notification an incident, the latest: it says how it stands."""
    silence = a_window()
    desk.windows.begin(silence, "begun", (), at(1))
    desk.decide(Telling.OPENED)
    desk.decide(Telling.ACTING, Telling.ESCALATED, phase=Phase.ESCALATED)
    desk.silence_all(silence)
    assert desk.waiting() == []
    assert [entry.state for entry in desk.outbox.thread("phone", "1")] == [Delivery.SILENCED] * 3

    assert desk.windows.end(silence, "ended", (), (), at(61)) == 1
    assert desk.waiting() == ["escalated"]
    assert desk.outbox.depths(("phone",)) == {"phone": 1}


def test_what_began_and_ended_within_a_silence_is_never_told(desk: Desk) -> None:
    """Nobody is told that it is over who never heard that it was."""
    silence = a_window()
    desk.windows.begin(silence, "begun", (), at(1))
    desk.decide(Telling.OPENED)
    desk.decide(Telling.HEALED, phase=Phase.RESOLVED, ending=Ending.HEALED)
    desk.silence_all(silence)
    assert desk.windows.end(silence, "ended", (), (), at(61)) == 0
    assert desk.waiting() == []


def test_who_was_told_before_the_silence_is_told_how_it_ended(desk: Desk) -> None:
    """A message that says sick does not stay so for ever because it healed in a silence."""
    desk.decide(Telling.OPENED)
    ids = tuple(entry.id for entry in desk.outbox.undelivered("phone", 9))
    desk.outbox.tried(ids, "phone", Delivery.DELIVERED, at(1), receipt="m1")
    silence = a_window()
    desk.windows.begin(silence, "begun", (), at(1))
    desk.decide(Telling.ACTING)
    desk.decide(Telling.HEALED, phase=Phase.RESOLVED, ending=Ending.HEALED)
    desk.silence_all(silence)
    assert desk.windows.end(silence, "ended", (), (), at(61)) == 1
    assert desk.waiting() == ["healed"]


def test_another_silence_keeps_back_what_one_gives_free(desk: Desk) -> None:
    """Of two silences the one that lasts longer counts."""
    short, long = a_window(1), a_window(2, "app", lasts=600.0)
    desk.windows.begin(short, "begun", (), at(1))
    desk.windows.begin(long, "begun", (), at(1))
    desk.decide(Telling.OPENED, target="app")
    desk.silence_all(short)
    assert desk.windows.end(short, "ended", (), (long,), at(61)) == 0
    assert desk.windows.end(long, "ended", (), (), at(601)) == 1
    assert desk.waiting() == ["opened"]


def test_what_is_delivered_once_is_not_told_again_by_a_later_silence(desk: Desk) -> None:
    """The end of each silence gives back only what it kept back and nothing newer has told."""
    for number in (1, 2):
        silence = a_window(number)
        desk.windows.begin(silence, "begun", (), at(1))
        desk.decide(*(Telling.OPENED, Telling.ACTING) if number == 1 else ())
        desk.silence_all(silence)
        given = desk.windows.end(silence, "ended", (), (), at(61))
        assert given == (1 if number == 1 else 0)
        ids = tuple(entry.id for entry in desk.outbox.undelivered("phone", 9))
        desk.outbox.tried(ids, "phone", Delivery.DELIVERED, at(62), receipt="m1")


def test_a_silence_that_is_over_by_now_keeps_nothing_back(desk: Desk) -> None:
    """Between the question and the answer a silence may end: then the notification is handed over."""
    silence = a_window()
    desk.windows.begin(silence, "begun", (), at(1))
    desk.decide(Telling.OPENED)
    desk.windows.end(silence, "ended", (), (), at(61))
    desk.silence_all(silence)
    assert desk.waiting() == ["opened"]


@pytest.mark.parametrize(
    ("tellings", "given"),
    [
        ((Telling.ASKED,), ["asked"]),
        ((Telling.HELD,), ["held"]),
        ((Telling.ASKED, Telling.RELEASED), []),
        ((Telling.CONFIG_BROKEN,), ["config_broken"]),
        ((Telling.CONFIG_BROKEN, Telling.CONFIG_MENDED), []),
        ((Telling.WARNED,), ["warned"]),
        ((Telling.WARNED, Telling.WARNING_OVER), []),
    ],
)
def test_outside_of_incidents_what_is_still_so_is_told(
    desk: Desk, tellings: tuple[Telling, ...], given: list[str]
) -> None:
    """A question to people waits for them; one that answered itself is forgotten."""
    silence = a_window()
    desk.windows.begin(silence, "begun", (), at(1))
    for telling in tellings:
        desk.outbox.tell(Notification(telling=telling, target="app", at=at(1), finding=Finding("stopped")))
    desk.silence_all(silence)
    desk.windows.end(silence, "ended", (), (), at(61))
    assert desk.waiting() == given


def test_a_pause_survives_a_damaged_journal(tmp_path: Path) -> None:
    """What can be read of a journal that is set aside is taken over, and what people asked for is among it."""
    path = tmp_path / "journal.db"
    with closing(JournalFile(path)) as file:
        desk = Desk(file)
        desk.windows.begin(a_window(1, "api", purpose=Purpose.MAINTENANCE), "begun", (), at(1))
        over = a_window(2)
        desk.windows.begin(over, "begun", (), at(1))
        desk.windows.end(over, "ended", (), (), at(2))
    path.rename(tmp_path / "aside.db")
    with closing(JournalFile(path)) as file:
        carry_over(tmp_path / "aside.db", file._disk.connection)
        windows = WindowRows(file, Outbox(file))
        assert [window.id for window in windows.unsettled()] == ["m1"]
        assert windows.last_number() == 2
