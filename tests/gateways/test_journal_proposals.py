from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gateways.journal_samples import a_case, a_proposal, an_incident, at
from watchdog.core.errors import JournalError, NotThere
from watchdog.core.preflight import FirstSight
from watchdog.core.proposal import ProposalState
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_memory import Memory
from watchdog.gateways.journal_proposals import Proposals


@pytest.fixture
def file(tmp_path: Path) -> Iterator[JournalFile]:
    with closing(JournalFile(tmp_path / "journal.db")) as file:
        Memory(file).save(a_case(an_incident(1)), (), "opened", at(1))
        yield file


@pytest.fixture
def proposals(file: JournalFile) -> Proposals:
    return Proposals(file)


def test_a_proposal_is_kept_with_its_answer(proposals: Proposals) -> None:
    """Who said yes to what exactly is found again."""
    proposal = a_proposal()
    proposals.save(proposal)
    answered = replace(proposal, state=ProposalState.APPROVED, by="anna", answered=at(9))
    proposals.save(answered)
    assert proposals.one("1-1") == answered
    assert proposals.latest(10) == (answered,)


def test_the_latest_come_first_and_can_be_chosen_by_state(proposals: Proposals) -> None:
    """What waits is asked for much more often than what is over."""
    first, second = a_proposal(), a_proposal(number=2)
    proposals.save(replace(first, state=ProposalState.STALE))
    proposals.save(second)
    assert [each.id for each in proposals.latest(10)] == ["1-2", "1-1"]
    assert proposals.latest(10, ProposalState.OPEN) == (second,)
    assert proposals.latest(1) == (second,)


def test_a_proposal_belongs_to_an_incident(proposals: Proposals) -> None:
    """One of an incident that nobody knows is a mistake of ours, and is not written."""
    with pytest.raises(JournalError):
        proposals.save(a_proposal("99"))
    with pytest.raises(NotThere):
        proposals.one("99-1")


def test_of_two_first_sights_the_first_stands(proposals: Proposals) -> None:
    """Otherwise an edit between the two would be forgotten."""
    sight = FirstSight(container_id="c", version="2", keys={"image": "1"}, faithful=True)
    proposals.save_sight(sight)
    proposals.save_sight(replace(sight, keys={"image": "2"}))
    proposals.save_sight(replace(sight, container_id="d", faithful=None))
    assert proposals.sights() == (sight, replace(sight, container_id="d", faithful=None))
    proposals.forget_sights(("d", "unknown"))
    assert proposals.sights() == (sight,)
