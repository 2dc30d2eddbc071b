"""Nothing in the journal is ordered, found or forgotten by a clock that people can set."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.gateways.journal_samples import a_case, a_notification, a_proposal, an_incident
from watchdog.core.incident import Phase
from watchdog.core.moment import Moment
from watchdog.core.run import Outcome, Result
from watchdog.gateways.journal import Journal

GATEWAYS = Path(__file__).parents[2] / "watchdog" / "gateways"
HOUR = 3600.0
# As the wall clock was when each thing happened: an hour ahead, back, ten years ahead, back to 1970.
JUMPS = (0.0, HOUR, -HOUR, 3652 * 86400.0, -20000 * 86400.0, 1.0, -1.0)


def jumping(number: int) -> Moment:
    """The so-manieth moment, on a wall clock that does not stand still."""
    wall = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number + JUMPS[number % len(JUMPS)])
    return Moment(boot_id="boot", boot=float(number), wall=wall)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = await Journal.open(tmp_path / "journal.db")
    yield journal
    await journal.close()


async def test_the_story_is_told_in_the_order_in_which_it_happened(journal: Journal) -> None:
    """Lines, steps and news stand in the order of their writing, whatever their times say."""
    incident = an_incident()
    for number in range(20):
        news = replace(a_notification(incident), at=jumping(number), target=str(number))
        await journal.save(a_case(replace(incident, attempts=number)), (news,), str(number), jumping(number))
        await journal.begin_step(
            incident="1",
            playbook="p",
            target="api",
            action=str(number),
            rung=0,
            attempt=1,
            container_id=None,
            text="",
            now=jumping(number),
        )
    expected = [str(number) for number in range(20)]

    story = await journal.story("1")

    assert [entry.text for entry in story.entries] == expected
    assert [step.action for step in story.steps] == expected
    assert [told.notification.target for told in story.told] == expected
    assert [entry.text for entry in await journal.recent_entries(20)] == expected
    assert [step.action for step in await journal.open_steps()] == expected
    assert [each.notification.target for each in await journal.undelivered("log")] == expected
    last = await journal.last_told(news.telling)
    assert last is not None
    assert last.target == "19"


async def test_the_newest_is_the_one_that_was_written_last(journal: Journal) -> None:
    """Incidents and proposals are listed by their order, not by their dates."""
    for number in range(1, 15):
        incident = replace(an_incident(number), opened=jumping(number), phase=Phase.RESOLVED)
        await journal.save(a_case(incident), (), "x", jumping(number))
        proposal = replace(a_proposal(str(number)), id=f"{number}-1", made=jumping(number))
        await journal.save_proposal(proposal)

    newest = [str(number) for number in range(14, 0, -1)]
    assert [incident.id for incident in await journal.incidents(20)] == newest
    assert [proposal.incident for proposal in await journal.proposals(20)] == newest
    assert await journal.last_incident_number() == 14


async def test_of_two_ends_the_first_stands_whatever_the_clock_says(journal: Journal) -> None:
    """A step that ended stays ended, also if the second end claims to be earlier."""
    await journal.save(a_case(an_incident()), (), "x", jumping(1))
    step = await journal.begin_step(
        incident="1",
        playbook="p",
        target="api",
        action="a",
        rung=0,
        attempt=1,
        container_id=None,
        text="",
        now=jumping(3),
    )

    await journal.end_step(step, Outcome(result=Result.DONE), jumping(3))
    await journal.settle_step(step, Outcome(result=Result.INTERRUPTED), jumping(4))

    (found,) = (await journal.story("1")).steps
    assert found.outcome == Outcome(result=Result.DONE)
    assert found.ended == jumping(3)


def test_no_statement_looks_at_a_wall_clock() -> None:
    """The plain columns with times are for people: no statement of ours reads one, and none asks SQLite for the time."""
    for path in GATEWAYS.glob("journal*.py"):
        text = path.read_text("utf-8")
        if path.name == "journal_schema.py":
            text = re.sub(r"\w+_wall TEXT[^\n]*", "", text)
        assert not re.search(r"\w_wall\b", text), path.name
        assert not re.search(r"strftime\('|datetime\('|CURRENT_|julianday|unixepoch", text), path.name
