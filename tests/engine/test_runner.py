"""Carrying out one step: intent before effect, and an outcome whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import ClassVar

import pytest

from tests.engine.parts import SECRET, News, Stand, Tasks, until
from watchdog.core.decision import Perform
from watchdog.core.errors import GatewayError, JournalError, Refused
from watchdog.core.moment import Moment
from watchdog.core.playbook import Rung, Step
from watchdog.core.run import Outcome, Result
from watchdog.engine.runner import Runner
from watchdog.plugins import Action, Parameters, Tools

DONE = Outcome(result=Result.DONE)


class FakeAction(Action[Parameters]):
    """Does what the test says, and writes into `log` that it did.

    Attributes:
        errors: what the next runs raise.
        open: a run waits for it.
    """

    name: ClassVar[str] = "fake"
    parameters_type: ClassVar[type[Parameters]] = Parameters

    def __init__(self, name: str, log: list[str]) -> None:
        super().__init__(Parameters())
        self.called = name
        self.log = log
        self.outcome = DONE
        self.errors: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()

    def fail_next(self, error: Exception) -> None:
        self.errors.append(error)

    async def describe(self, target: str, tools: Tools) -> str:
        return f"{self.called} {target}"

    async def undo(self, target: str, tools: Tools) -> Outcome:
        self.log.append(f"undo {self.called} {target}")
        return DONE

    async def run(self, target: str, tools: Tools) -> Outcome:
        self.log.append(f"act {self.called} {target}")
        await self.open.wait()
        if self.errors:
            raise self.errors.pop(0)
        return self.outcome


class FakeBook:
    """The journal of steps.

    Attributes:
        open: intents that have no end yet, by id.
        ends: how each step ended.
        texts: what each step said it would do.
        written: a write waits for it.
    """

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.open: dict[int, str] = {}
        self.ends: dict[str, Outcome] = {}
        self.texts: list[str] = []
        self.runs: list[tuple[str, str]] = []
        self.written = asyncio.Event()
        self.written.set()
        self._errors: list[tuple[str, GatewayError]] = []
        self._number = 0
        self.counted: list[str] = []

    def fail_next(self, call: str) -> None:
        self._errors.append((call, JournalError("the disk is full")))

    def _answer(self, call: str) -> None:
        for planned in self._errors:
            if planned[0] == call:
                self._errors.remove(planned)
                raise planned[1]

    async def begin_step(
        self,
        *,
        incident: str,
        playbook: str,
        target: str,
        action: str,
        rung: int,
        attempt: int,
        container_id: str | None,
        text: str,
        now: Moment,
        counts: bool,
    ) -> int:
        self._answer("begin_step")
        self.counted += [action] if counts else []
        # Like the real one: who stops waiting does not take it back.
        self._number += 1
        self.open[self._number] = action
        self.texts.append(text)
        self.log.append(f"begin {action} {target}")
        await self.written.wait()
        return self._number

    async def end_step(self, step_id: int, outcome: Outcome, now: Moment) -> None:
        await asyncio.sleep(0)
        self._answer("end_step")
        action = self.open.pop(step_id)
        self.ends[action] = outcome
        self.log.append(f"end {action}")

    async def end_run(self, incident: str, result: str, now: Moment) -> None:
        self._answer("end_run")
        self.runs.append((incident, result))


class Shop:
    """A runner with actions that tests steer.

    Attributes:
        log: what was written and done, in order.
        ended: what was handed back: (target, incident, outcome).
    """

    def __init__(self) -> None:
        self.stand = Stand()
        self.stand.engine.add("app")
        self.news = News()
        self.tasks = Tasks()
        self.log: list[str] = []
        self.ended: list[tuple[str, str, Outcome]] = []
        self.book = FakeBook(self.log)
        self.actions = {name: FakeAction(name, self.log) for name in ("restart", "look")}
        self.runner = self.make()

    def make(self, longest_step: float = 5.0, longest_look: float = 5.0) -> Runner:
        return Runner(
            journal=self.book,
            tools=self.stand.tools,
            build_action=lambda step: self.actions[step.action],
            ended=self._ended,
            spawn=self.tasks.spawn,
            publish=self.news.publish,
            longest_step=longest_step,
            longest_look=longest_look,
        )

    async def _ended(self, target: str, incident: str, outcome: Outcome) -> None:
        self.log.append(f"handed back {outcome.result.value}")
        self.ended.append((target, incident, outcome))

    @property
    def outcome(self) -> Outcome:
        """The one outcome that was handed back."""
        ((_, _, outcome),) = self.ended
        return outcome


def order(target: str = "app", *, companions: tuple[str, ...] = (), again: bool = False) -> Perform:
    rung = Rung(Step(action="restart"), tuple(Step(action=name, changes=False) for name in companions))
    return Perform("7", target, "container-crash", rung, 0, 1, again)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """A runner with nothing to do."""
    shop = Shop()
    yield shop
    await shop.tasks.stop()


async def test_the_intent_is_written_before_the_effect(shop: Shop) -> None:
    """A step is written down, done, its end written down, and only then handed back."""
    shop.runner.begin(order())
    await shop.tasks.done()

    assert shop.log == ["begin restart app", "act restart app", "end restart", "handed back done"]
    assert shop.ended == [("app", "7", DONE)]
    assert shop.news.names() == ["step.begun", "step.ended"]
    assert shop.runner.busy() == ()


async def test_a_step_done_once_more_says_so(shop: Shop) -> None:
    """The intent of a repeated step tells that the one before was interrupted."""
    shop.runner.begin(order(again=True))
    await shop.tasks.done()

    assert shop.book.texts == ["restart on app, once more: it was interrupted"]


async def test_what_finds_out_runs_alone_on_what_the_next_step_acts_on(shop: Shop) -> None:
    """It is written down like any other step, and what it found goes back with its outcome."""
    step = Step(action="restart", changes=False, decides=True, on="feeder")
    shop.runner.begin(replace(order("prices"), rung=Rung(step), counts=False, decides=True))
    await shop.tasks.done()

    assert shop.log == ["begin restart prices", "act restart feeder", "end restart", "handed back done"]
    assert shop.book.texts == ["restart on feeder"]


async def test_what_only_looks_and_planned_work_do_not_count_against_the_budget(shop: Shop) -> None:
    """After a restart of the daemon the budget is what it was: evidence that was fetched spends none of it."""
    shop.runner.begin(order(companions=("look",)))
    await shop.tasks.done()
    shop.runner.begin(replace(order(), counts=False))
    await shop.tasks.done()

    assert shop.book.counted == ["restart"]


async def test_without_a_written_intent_nothing_is_done(shop: Shop) -> None:
    """When the journal does not take the intent, the action is not begun."""
    shop.book.fail_next("begin_step")

    shop.runner.begin(order())
    await shop.tasks.done()

    assert shop.outcome == Outcome(
        result=Result.SKIPPED, reason="the intent could not be saved: the disk is full"
    )
    assert "act restart app" not in shop.log


async def test_an_end_that_cannot_be_written_is_handed_back_all_the_same(shop: Shop) -> None:
    """A journal that fails after the effect does not keep the heal from going on."""
    shop.book.fail_next("end_step")

    shop.runner.begin(order())
    await shop.tasks.done()

    assert shop.outcome == DONE
    assert shop.news.names() == ["step.begun", "journal.failed", "step.ended"]


@pytest.mark.parametrize(
    ("error", "reason", "hopeless"),
    [
        (Refused(f"conflict, token={SECRET}"), "conflict, token=[hidden]", False),
        (ValueError(f"bad {SECRET}"), "the action itself failed: ValueError: bad [hidden]", True),
    ],
)
async def test_an_action_that_raises_has_failed(
    shop: Shop, error: Exception, reason: str, hopeless: bool
) -> None:
    """Whatever an action raises is an outcome without secrets; one that is broken is not tried again."""
    shop.actions["restart"].fail_next(error)

    shop.runner.begin(order())
    await shop.tasks.done()

    assert shop.outcome == Outcome(result=Result.FAILED, reason=reason, hopeless=hopeless)
    assert shop.book.ends["restart"] == shop.outcome
    assert SECRET not in repr(shop.news.heard)


async def test_an_action_that_hangs_has_failed(shop: Shop) -> None:
    """No step goes on for ever."""
    shop.actions["restart"].open.clear()
    runner = shop.make(longest_step=0.02)

    runner.begin(order())
    await shop.tasks.done()

    assert shop.outcome == Outcome(result=Result.FAILED, reason="not done within 0.02 s")


async def test_at_most_one_step_runs_on_a_target(shop: Shop) -> None:
    """A second step on a target is skipped, one on another target is not."""
    await shop.stand.arrive()
    shop.actions["restart"].open.clear()
    shop.runner.begin(order())
    await until(lambda: "act restart app" in shop.log)

    shop.runner.begin(order())
    shop.runner.begin(order("db"))
    await until(lambda: "act restart db" in shop.log and shop.ended)

    assert shop.outcome.result is Result.SKIPPED
    assert set(shop.runner.busy()) == {"app", "db"}
    assert shop.log.count("act restart app") == 1
    shop.actions["restart"].open.set()
    await shop.tasks.done()
    assert [outcome.result for _, _, outcome in shop.ended] == ["skipped", "done", "done"]


async def test_an_aborted_step_is_cancelled_and_written_down(shop: Shop) -> None:
    """When a person takes the target over, the step ends at once, and its end is known."""
    shop.actions["restart"].open.clear()
    shop.runner.begin(order())
    await until(lambda: "act restart app" in shop.log)

    shop.runner.abort("app", "held by anna")
    await shop.tasks.done()

    assert shop.outcome == Outcome(result=Result.ABORTED, reason="held by anna")
    assert shop.book.ends == {"restart": shop.outcome}
    assert shop.runner.busy() == ()

    shop.actions["restart"].open.set()
    shop.runner.begin(order())
    await shop.tasks.done()
    assert shop.ended[-1][2] == DONE


async def test_a_step_aborted_while_its_intent_is_written_leaves_nothing_open(shop: Shop) -> None:
    """The intent is on disk although nobody waited for it: its end is written too, and nothing was done."""
    shop.book.written.clear()
    shop.runner.begin(order())
    await until(lambda: "begin restart app" in shop.log)

    shop.runner.abort("app", "held by anna")
    shop.book.written.set()
    await shop.tasks.done()

    assert shop.outcome.result is Result.ABORTED
    assert shop.book.open == {}
    assert "act restart app" not in shop.log


async def test_aborting_what_does_not_run_changes_nothing(shop: Shop) -> None:
    """A target without a step can be told to stop."""
    shop.runner.abort("app", "held by anna")
    shop.runner.begin(order())
    await shop.tasks.done()

    assert shop.outcome == DONE


async def test_a_stopping_daemon_leaves_the_intent_open(shop: Shop) -> None:
    """A step cut short by our own end is left for the next start: nothing is claimed of it."""
    shop.actions["restart"].open.clear()
    shop.runner.begin(order())
    await until(lambda: "act restart app" in shop.log)

    await shop.tasks.stop()

    assert shop.book.open == {1: "restart"}
    assert shop.book.ends == {}
    assert shop.ended == []


async def test_evidence_is_kept_beside_the_step_without_delaying_it(shop: Shop) -> None:
    """A log that takes long to fetch keeps nobody from starting the container."""
    shop.actions["look"].open.clear()
    shop.actions["look"].outcome = Outcome(result=Result.DONE, evidence=("boom",))

    shop.runner.begin(order(companions=("look",)))
    await until(lambda: shop.ended)
    assert "end look" not in shop.log
    shop.actions["look"].open.set()
    await shop.tasks.done()

    assert shop.book.ends["look"].evidence == ("boom",)
    assert shop.outcome == DONE


async def test_evidence_that_does_not_come_is_not_waited_for(shop: Shop) -> None:
    """Looking steps have a deadline of their own, and their failure is written down, no more."""
    shop.actions["look"].open.clear()
    runner = shop.make(longest_look=0.02)

    runner.begin(order(companions=("look",)))
    await shop.tasks.done()

    assert shop.book.ends["look"].result is Result.FAILED
    assert shop.outcome == DONE


async def test_evidence_that_cannot_be_written_is_news(shop: Shop) -> None:
    """A journal that fails for the evidence only is told, and the heal goes on."""
    shop.actions["look"].open.clear()
    shop.runner.begin(order(companions=("look",)))
    await until(lambda: "begin restart app" in shop.log)
    shop.book.fail_next("begin_step")
    shop.actions["look"].open.set()
    await shop.tasks.done()

    assert "journal.failed" in shop.news.names()
    assert shop.outcome == DONE


async def test_a_finished_run_is_closed(shop: Shop) -> None:
    """The end of an incident closes its run; a journal that fails at that is told."""
    await shop.runner.finish("7", "resolved")
    shop.book.fail_next("end_run")
    await shop.runner.finish("8", "escalated")

    assert shop.book.runs == [("7", "resolved")]
    assert shop.news.reasons("journal.failed") == ["the disk is full"]


async def test_an_action_that_no_registry_knows_has_failed(shop: Shop) -> None:
    """A playbook of another version names an action that is gone: an outcome, not a crash."""
    shop.runner.begin(Perform("7", "app", "old", Rung(Step(action="nuke")), 0, 1))
    await shop.tasks.done()

    assert shop.outcome.result is Result.FAILED
    assert shop.outcome.hopeless


async def test_a_step_that_did_not_help_is_taken_back_like_a_step(shop: Shop) -> None:
    """Taking back is written down before it is done, too, and says what it is."""
    shop.runner.begin(replace(order(), undo=True))
    await shop.tasks.done()

    assert shop.book.texts == ["restart on app, taken back"]
    assert shop.log == ["begin restart app", "undo restart app", "end restart", "handed back done"]
