"""What waits for a human yes: shown exactly, answered once, refused when it became another one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.desk.people import Office
from watchdog.core.decision import Approved, Declined, Perform, Propose, Stale
from watchdog.core.errors import JournalError, Refused
from watchdog.core.incident import Phase, Proposal
from watchdog.core.playbook import Rung, Step
from watchdog.core.proposal import ProposalState
from watchdog.core.run import Result
from watchdog.desk import UnknownName

# The second rung of the playbook that the office has.
STEP = Step(action="recreate_service")


class Waiting(Office):
    """An office in which one step waits for a yes."""

    def __init__(self) -> None:
        super().__init__()
        self.watch("api")
        self.pins = {"image": "1", "context": "1"}
        self.opened = self.incident("api", Phase.OPEN)
        self.want("7-1")

    def want(self, proposal_id: str) -> None:
        """The incident waits for this proposal from now on."""
        case = self.responder.known["api"]
        proposal = Proposal(id=proposal_id, rung=1, made=self.clock.now())
        incident = replace(self.opened, proposal=proposal)
        self.responder.known["api"] = replace(case, incident=incident)

    async def propose(self, proposal_id: str = "7-1") -> None:
        step = self.playbook_step()
        await self.proposals.propose(
            Propose(proposal_id, self.opened.id, "api", "container-crash", Rung(step), 1)
        )

    def playbook_step(self) -> Step:
        playbook = self.desk._config.playbooks["container-crash"]
        return playbook.rungs[1].step

    def order(self) -> Perform:
        return Perform(self.opened.id, "api", "container-crash", Rung(self.playbook_step()), 1, 1)


@pytest.fixture
async def office() -> Waiting:
    office = Waiting()
    await office.propose()
    return office


async def test_it_is_shown_with_what_exactly_it_would_ship(office: Waiting) -> None:
    """A person decides by what is shown: the act, the image, the files, and until when."""
    office.clock.advance(60)
    (shown,) = (await office.desk.proposals())["proposals"]
    assert (shown["id"], shown["state"], shown["target"]) == ("7-1", "open", "api")
    assert shown["does"] == "recreate_service of api"
    assert shown["pins"] == {"image": "1", "context": "1"}
    assert shown["left"] == 3540
    assert shown["commands"] == ["watchdog approve 7-1", "watchdog decline 7-1"]
    assert office.desk.status("api")["targets"][0]["state"] == "proposed"


async def test_a_yes_is_passed_on_and_written_down(office: Waiting) -> None:
    """With who said it; and the step may then be done, once."""
    answer = await office.desk.approve("7-1", "ada")
    assert (answer["proposal"]["state"], answer["by"]) == ("approved", "ada")
    assert office.responder.answers == [Approved("7-1", "ada")]
    assert ("order", "approve of proposal 7-1 ordered by ada", None) in office.journal.notes
    assert office.proposals.approved(office.order())
    assert not office.proposals.approved(replace(office.order(), undo=True))
    assert await office.proposals.admit(office.order()) is None
    assert office.journal.kept["7-1"].state is ProposalState.USED
    assert not office.proposals.approved(office.order())


async def test_a_dry_run_changes_nothing(office: Waiting) -> None:
    """It says what is different from what was shown."""
    assert (await office.desk.approve("7-1", "ada", dry_run=True))["differs"] == ""
    office.pins = {"image": "1", "context": "2"}
    answer = await office.desk.approve("7-1", "ada", dry_run=True)
    assert answer["differs"] == "context changed since it was shown"
    assert office.responder.answers == []
    assert office.journal.kept["7-1"].state is ProposalState.OPEN


async def test_what_became_another_one_is_refused_and_proposed_anew(office: Waiting) -> None:
    """A yes is a yes to what was shown."""
    office.pins = {"image": "2", "context": "2"}
    with pytest.raises(Refused, match="context and image changed since it was shown"):
        await office.desk.approve("7-1", "ada")
    assert office.responder.answers == [Stale("7-1")]
    assert office.journal.kept["7-1"].state is ProposalState.STALE
    with pytest.raises(Refused, match="had become another one"):
        await office.desk.approve("7-1", "ada")


async def test_another_step_in_the_playbook_is_another_proposal(office: Waiting) -> None:
    """The configuration was loaded again meanwhile."""
    record = office.journal.kept["7-1"]
    office.journal.kept["7-1"] = replace(record, playbook="gone")
    with pytest.raises(Refused, match="changed since it was shown"):
        await office.desk.approve("7-1", "ada")


@pytest.mark.parametrize("answer", ["approve", "decline"])
async def test_an_answer_counts_once(office: Waiting, answer: str) -> None:
    """Also of two at the same moment."""
    give = office.desk.approve if answer == "approve" else office.desk.decline
    results = await asyncio.gather(give("7-1", "ada"), give("7-1", "bob"), return_exceptions=True)
    assert [isinstance(result, Refused) for result in results] == [False, True]
    assert str(results[1]).startswith("proposal 7-1 was ")
    assert len(office.responder.answers) == 1


async def test_a_no_is_passed_on(office: Waiting) -> None:
    """With who said it."""
    answer = await office.desk.decline("7-1", "ada")
    assert answer["proposal"]["state"] == "declined"
    assert office.responder.answers == [Declined("7-1", "ada")]


async def test_too_late_is_a_no(office: Waiting) -> None:
    """Nobody answered in time."""
    office.clock.advance(3600)
    with pytest.raises(Refused, match="proposal 7-1 is over: nobody answered in time"):
        await office.desk.approve("7-1", "ada")
    assert (await office.desk.proposals())["proposals"] == []
    assert (await office.desk.proposals(every=True))["proposals"][0]["word"] == "over"


async def test_what_nobody_needs_any_more_is_over(office: Waiting) -> None:
    """The target came back by itself, or was taken over."""
    office.responder.known["api"] = replace(office.responder.known["api"], incident=None)
    with pytest.raises(Refused, match="api does not need it any more"):
        await office.desk.approve("7-1", "ada")


async def test_an_unknown_one_is_told_with_those_that_wait(office: Waiting) -> None:
    """A typing mistake is not an answer."""
    with pytest.raises(UnknownName) as caught:
        await office.desk.approve("71", "ada")
    assert "7-1" in caught.value.fix


async def test_what_would_be_refused_anyway_is_withdrawn(office: Waiting) -> None:
    """Nobody is asked for a yes to what cannot be done; the reason goes on to the human who is told."""
    office.want("7-2")
    office.failing = Refused("environment.MODE changed")
    await office.propose("7-2")
    assert office.responder.answers == [Declined("7-2", "watchdog: environment.MODE changed")]
    assert [proposal for proposal, _ in office.responder.asked_for] == ["7-1"]
    assert office.journal.kept["7-2"].state is ProposalState.DECLINED


async def test_what_changes_between_the_yes_and_the_step_is_not_done(office: Waiting) -> None:
    """There may be a wait between the two."""
    await office.desk.approve("7-1", "ada")
    office.pins = {"image": "1", "context": "2"}
    outcome = await office.proposals.admit(office.order())
    assert outcome is not None
    assert (outcome.result, outcome.hopeless) == (Result.SKIPPED, True)
    assert outcome.reason == "what was approved has changed since: context changed since it was shown"


async def test_people_are_asked_with_the_plan_that_was_made(office: Waiting) -> None:
    """What would be done stands in the message: who reads it at night need not type anything to know."""
    (asked,) = office.responder.asked_for
    assert asked == ("7-1", office.journal.kept["7-1"].text)


async def test_an_approval_outlives_the_daemon(office: Waiting) -> None:
    """It was killed between the yes and the step."""
    await office.desk.approve("7-1", "ada")
    later = Waiting()
    later.journal.kept = office.journal.kept
    await later.proposals.begin()
    assert later.proposals.approved(later.order())


async def test_a_plan_that_was_not_kept_is_made_up_for() -> None:
    """The daemon died, or the disk was full, between the decision to ask and the plan."""
    office = Waiting()
    office.journal.fail_next(JournalError("the disk is full"))
    await office.propose()
    assert [happening.name for happening in office.published] == ["journal.failed"]
    (shown,) = (await office.desk.proposals())["proposals"]
    assert shown["id"] == "7-1"
    await office.desk.approve("7-1", "ada")
