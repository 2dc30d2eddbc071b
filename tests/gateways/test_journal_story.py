from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gateways.journal_samples import a_case, an_incident, at
from watchdog.core.errors import NotThere
from watchdog.core.incident import Phase
from watchdog.core.story import Entry
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_memory import Memory
from watchdog.gateways.journal_story import Past


@pytest.fixture
def file(tmp_path: Path) -> Iterator[JournalFile]:
    with closing(JournalFile(tmp_path / "journal.db")) as file:
        yield file


@pytest.fixture
def past(file: JournalFile) -> Past:
    return Past(file)


def test_lines_are_read_back_as_they_were_written(past: Past) -> None:
    """The latest lines, in the order in which things happened."""
    past.note("daemon.started", "watchdog 1.0 started", None, None, at(1))
    past.note("order", "hold ordered by anna", "api", None, at(2))
    past.note("engine.lost", "the engine does not answer", None, None, at(3))

    assert (
        Entry(id=2, at=at(2), kind="order", text="hold ordered by anna", target="api"),
        Entry(id=3, at=at(3), kind="engine.lost", text="the engine does not answer"),
    ) == past.recent_entries(2)


def test_each_decision_is_a_line_of_its_incident(file: JournalFile, past: Past) -> None:
    """The story of an incident tells every decision with its reason, and no other's."""
    memory = Memory(file)
    memory.save(a_case(an_incident(1)), (), "opened", at(1))
    memory.save(a_case(an_incident(2, "db")), (), "opened", at(2))
    healed = an_incident(1, phase=Phase.RESOLVED)
    memory.save(a_case(healed), (), "healed", at(3))
    memory.save(a_case(healed), (), "still well", at(4))
    memory.save(a_case(), (), "well", at(5))

    assert [("opened", at(1)), ("healed", at(3))] == [(e.text, e.at) for e in past.entries_of("1")]
    assert {("decision", "api", "1")} == {(e.kind, e.target, e.incident) for e in past.entries_of("1")}


def test_incidents_are_listed_newest_first(file: JournalFile, past: Past) -> None:
    """The last ones that opened, open or not; of one target when it is named."""
    api, db = an_incident(9, phase=Phase.RESOLVED), an_incident(10, "db")
    again = an_incident(11)
    for incident in (api, db, again, replace(db, attempts=1)):
        Memory(file).save(a_case(incident), (), "saved", at(1))

    assert (again, replace(db, attempts=1)) == past.incidents(2, None)
    assert (again, api) == past.incidents(10, "api")
    assert past.incidents(10, "nobody") == ()


def test_an_incident_that_never_was_is_said_to_be_missing(past: Past) -> None:
    """A mistyped number is told apart from a broken journal."""
    with pytest.raises(NotThere, match="there is no incident 7"):
        past.incident("7")
