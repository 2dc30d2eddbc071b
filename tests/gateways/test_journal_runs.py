from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.gateways.journal_samples import a_case, an_incident, at
from watchdog.core.errors import JournalError
from watchdog.core.run import Outcome, Result
from watchdog.core.story import RunRecord, StepRecord, Trigger
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_memory import Memory
from watchdog.gateways.journal_runs import Runs

DONE = Outcome(result=Result.DONE, evidence=("line 1", "line 2"))
FAILED = Outcome(result=Result.FAILED, reason="no such image", hopeless=True)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    with closing(JournalFile(tmp_path / "journal.db")) as file:
        Memory(file).save(a_case(an_incident(1)), (), "opened", at(1))
        yield Runs(file)


def begin(
    runs: Runs,
    action: str = "start_container",
    incident: str = "1",
    seconds: float = 2,
    *,
    counts: bool = True,
) -> int:
    return runs.begin_step(
        incident=incident,
        playbook="container-crash",
        target="api",
        action=action,
        rung=0,
        attempt=1,
        container_id="c1",
        trigger=Trigger.INCIDENT,
        text="start api",
        now=at(seconds),
        counts=counts,
    )


def record(step_id: int, **more: object) -> StepRecord:
    fields = {
        "id": step_id,
        "incident": "1",
        "playbook": "container-crash",
        "target": "api",
        "trigger": Trigger.INCIDENT,
        "action": "start_container",
        "rung": 0,
        "attempt": 1,
        "container_id": "c1",
        "text": "start api",
        "begun": at(2),
    }
    return StepRecord(**{**fields, **more})  # type: ignore[arg-type]


def test_a_step_is_open_from_its_intent_to_its_end(runs: Runs) -> None:
    """A crash between the two leaves a trace that the next daemon finds."""
    step = begin(runs)
    assert (record(step),) == runs.open_steps()

    runs.end_step(step, DONE, at(3), settled=False)

    assert runs.open_steps() == ()
    assert (record(step, ended=at(3), outcome=DONE),) == runs.steps_of("1")


def test_a_step_that_was_settled_by_looking_says_so(runs: Runs) -> None:
    """What was found out afterwards is told apart from what was witnessed."""
    step = begin(runs)

    runs.end_step(step, FAILED, at(9), settled=True)

    assert (record(step, ended=at(9), outcome=FAILED, settled=True),) == runs.steps_of("1")


def test_of_two_ends_the_first_one_stands(runs: Runs) -> None:
    """A step that was aborted and then returned ended once."""
    step = begin(runs)
    runs.end_step(step, FAILED, at(3), settled=False)

    runs.end_step(step, DONE, at(4), settled=False)

    assert (record(step, ended=at(3), outcome=FAILED),) == runs.steps_of("1")


def test_a_step_that_was_never_begun_cannot_end(runs: Runs) -> None:
    """A mistake in the daemon is not written down as a deed."""
    with pytest.raises(JournalError, match="there is no step 7 to end"):
        runs.end_step(7, DONE, at(3), settled=False)


def test_a_step_needs_a_saved_incident(runs: Runs) -> None:
    """Nothing is done for an incident that is not on disk."""
    with pytest.raises(JournalError, match="FOREIGN KEY"):
        begin(runs, incident="2")

    assert runs.open_steps() == ()


def test_an_incident_has_one_run_with_all_its_steps(runs: Runs) -> None:
    """The run begins with the first step, ends once, and is taken up again by a later step."""
    run = RunRecord(
        incident="1", playbook="container-crash", target="api", trigger=Trigger.INCIDENT, begun=at(2)
    )
    assert runs.run_of("1") is None
    first = begin(runs, seconds=2)
    runs.end_run("1", "escalated", at(5))
    ended = RunRecord(
        **{**{f: getattr(run, f) for f in run.__slots__}, "ended": at(5), "result": "escalated"}
    )
    assert ended == runs.run_of("1")

    second = begin(runs, "recreate_service", seconds=8)

    assert run == runs.run_of("1")
    assert [(first, at(2)), (second, at(8))] == [(s.id, s.begun) for s in runs.steps_of("1")]


def test_ending_a_run_that_never_was_changes_nothing(runs: Runs) -> None:
    """An incident that recovered by itself had no run."""
    runs.end_run("1", "recovered", at(5))

    assert runs.run_of("1") is None


def test_only_what_counts_is_remembered_for_the_budget(runs: Runs) -> None:
    """Evidence that was fetched, and planned work, leave the budget of the next daemon alone."""
    begin(runs, seconds=2)
    begin(runs, "collect_logs", seconds=2.1, counts=False)
    begin(runs, seconds=9)

    assert runs.latest_begun(2) == (at(2), at(9))
