"""Asking a check: its deadline, its crashes, and many askers at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from tests.engine.parts import SECRET, Stand, Tasks, until
from watchdog.core.errors import Unreachable
from watchdog.core.observation import Finding, Observation, Status
from watchdog.engine.monitor import Monitor, Question
from watchdog.plugins import Check, Parameters, Tools
from watchdog.registry import CHECKS


class FakeCheck(Check[Parameters]):
    """Looks when told to go on.

    Attributes:
        looks: how often it was begun.
        errors: what the next looks raise.
    """

    kind: ClassVar[str] = "fake"
    parameters_type: ClassVar[type[Parameters]] = Parameters

    def __init__(self, name: str = "fake") -> None:
        super().__init__(name, Parameters())
        self.looks = 0
        self.errors: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()

    def fail_next(self, error: Exception) -> None:
        self.errors.append(error)

    async def probe(self, target: str, tools: Tools) -> Observation:
        self.looks += 1
        await self.open.wait()
        if self.errors:
            raise self.errors.pop(0)
        return Observation(
            check=self.name,
            target=target,
            status=Status.OK,
            finding=Finding("running"),
            at=tools.clock.now(),
        )


class OwnTargets(FakeCheck):
    """A check that brings a page of its own."""

    def targets(self) -> tuple[str, ...] | None:
        """Its page."""
        return ("dashboard",)


class Watch:
    """A monitor with one check over an engine in memory."""

    def __init__(self, *checks: Check[Any], within: float = 5.0) -> None:
        self.stand = Stand()
        self.tasks = Tasks()
        self.seen: list[Observation] = []
        self.names: tuple[str, ...] = ("app",)
        self.monitor = Monitor(
            questions=[Question(check, within) for check in checks],
            tools=self.stand.tools,
            targets=lambda: self.names,
            receive=self._receive,
            spawn=self.tasks.spawn,
        )

    async def _receive(self, seen: Observation) -> None:
        self.seen.append(seen)


@pytest.fixture
async def check() -> FakeCheck:
    """A check that looks well."""
    return FakeCheck()


@pytest.fixture
async def watch(check: FakeCheck) -> AsyncIterator[Watch]:
    """A monitor with that check."""
    watch = Watch(check)
    yield watch
    await watch.tasks.stop()


async def test_a_check_that_hangs_is_unknown(check: FakeCheck) -> None:
    """After its deadline a check has not looked: UNKNOWN, with the deadline as the reason."""
    check.open.clear()
    watch = Watch(check, within=0.02)

    (seen,) = await watch.monitor.ask("app")

    assert seen.status is Status.UNKNOWN
    assert seen.finding == Finding("could_not_look", {"reason": "no answer within 0.02 s"})
    assert watch.seen == [seen]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unreachable(f"refused: {SECRET}"), "refused: [hidden]"),
        (KeyError(SECRET), "the check itself failed: KeyError: '[hidden]'"),
        (TimeoutError(), "no answer within 5 s"),
    ],
)
async def test_a_check_that_fails_is_unknown_and_says_no_secret(
    watch: Watch, check: FakeCheck, error: Exception, reason: str
) -> None:
    """Whatever a check raises means that it could not look; its reason is kept without secrets."""
    check.fail_next(error)

    (seen,) = await watch.monitor.ask("app")

    assert seen.status is Status.UNKNOWN
    assert seen.finding.facts["reason"] == reason


async def test_a_container_that_cannot_be_seen_is_no_news_of_its_own(watch: Watch, check: FakeCheck) -> None:
    """The engine could not be asked, which is told once; what a check brings of its own is told by itself."""
    check.fail_next(Unreachable("no engine"))
    (container,) = await watch.monitor.ask("app")
    assert container.tell_after is None
    page = OwnTargets()
    page.fail_next(Unreachable("no answer"))
    (own,) = await Watch(page).monitor.ask("dashboard")
    assert own.tell_after == 0.0


async def test_ten_askers_during_one_look_share_one_more_look(watch: Watch, check: FakeCheck) -> None:
    """Who asks while a look is under way gets one that began afterwards, all together."""
    check.open.clear()
    watch.monitor.ask_soon("app")
    await until(lambda: check.looks == 1)
    for _ in range(10):
        watch.monitor.ask_soon("app")
    check.open.set()
    await watch.tasks.done()

    assert check.looks == 2
    assert len(watch.seen) == 2


async def test_a_look_that_hangs_delays_no_other_target(watch: Watch, check: FakeCheck) -> None:
    """Targets are looked at beside each other."""
    watch.names = ("app", "db")
    check.open.clear()
    watch.monitor.ask_soon("app")
    watch.monitor.ask_soon("db")

    await until(lambda: check.looks == 2)
    check.open.set()
    await watch.tasks.done()
    assert {seen.target for seen in watch.seen} == {"app", "db"}


async def test_a_target_that_is_not_watched_any_more_is_not_looked_at(watch: Watch, check: FakeCheck) -> None:
    """What left our sight between the question and the look is left alone."""
    watch.names = ()

    watch.monitor.ask_soon("app")
    await watch.tasks.done()

    assert check.looks == 0
    assert watch.monitor.targets() == ()


async def test_after_a_look_that_broke_the_target_can_be_asked_again(watch: Watch, check: FakeCheck) -> None:
    """A task that ends badly does not leave its target marked as being looked at."""
    check.open.clear()
    watch.monitor.ask_soon("app")
    await until(lambda: check.looks == 1)
    await watch.tasks.stop()
    check.open.set()

    watch.monitor.ask_soon("app")
    await watch.tasks.done()

    assert check.looks == 2
    assert len(watch.seen) == 1


async def test_every_check_of_a_target_is_asked() -> None:
    """A failing check does not keep the others of the target from being asked."""
    first, second = FakeCheck("first"), FakeCheck("second")
    first.fail_next(ValueError("broken"))
    watch = Watch(first, second)

    await watch.monitor.ask("app")

    assert [(seen.check, seen.status) for seen in watch.seen] == [
        ("first", Status.UNKNOWN),
        ("second", Status.OK),
    ]


async def test_a_sample_is_another_pair_each_time_and_changes_nothing(watch: Watch) -> None:
    """One check of one target is tried, in turn, and what it sees is handed to nobody."""
    assert watch.monitor.checks() == 1
    watch.names = ("app", "db")
    sampled = [await watch.monitor.sample() for _ in range(3)]
    assert [seen.target for seen in sampled if seen] == ["app", "db", "app"]
    assert watch.seen == []

    watch.names = ()
    assert await watch.monitor.sample() is None


async def test_replaced_checks_are_asked_from_now_on(watch: Watch, check: FakeCheck) -> None:
    """After a reload of the configuration the new checks are asked, and the old ones are not."""
    other = FakeCheck("other")
    watch.monitor.replace([Question(other, 5.0)])

    await watch.monitor.ask("app")

    assert (check.looks, other.looks) == (0, 1)


# --- what holds for every kind of check that is about containers: those need nothing to be told ---

OF_CONTAINERS = [
    name
    for name, kind in CHECKS.items()
    if not any(field.is_required() for field in kind.parameters_type.model_fields.values())
    and kind("mine", kind.parameters_type()).targets() is None
]


def build(kind: str, within: float = 5.0) -> Watch:
    """A monitor with a check of that kind with its defaults."""
    made = CHECKS[kind]
    return Watch(made("mine", made.parameters_type()), within=within)


@pytest.mark.parametrize("kind", OF_CONTAINERS)
async def test_every_check_is_unknown_while_the_engine_cannot_be_asked(kind: str) -> None:
    """No kind of check takes silence for an answer."""
    watch = build(kind)
    watch.stand.engine.add("app")
    await watch.stand.arrive()
    watch.stand.engine.hang()

    (seen,) = await watch.monitor.ask("app")

    assert seen.status is Status.UNKNOWN
    assert (seen.check, seen.target) == ("mine", "app")


@pytest.mark.parametrize("kind", OF_CONTAINERS)
async def test_every_check_ends_at_its_deadline(kind: str) -> None:
    """No kind of check outlives its deadline, nor swallows its own end."""
    watch = build(kind, within=0.02)
    watch.stand.engine.add("app")
    await watch.stand.arrive()
    watch.stand.engine.hold_calls()

    (seen,) = await watch.monitor.ask("app")

    assert seen.status is Status.UNKNOWN


@pytest.mark.parametrize("kind", OF_CONTAINERS)
@pytest.mark.parametrize(
    "state", ["running", "exited", "dead", "created", "paused", "restarting", "removing", ""]
)
async def test_every_check_changes_nothing(kind: str, state: str) -> None:
    """Looking leaves everything as it is, whatever is seen."""
    watch = build(kind)
    watch.stand.engine.add("app", state=state, exit_code=1, log=(f"password={SECRET}",))
    await watch.stand.arrive()

    (seen,) = await watch.monitor.ask("app")

    assert seen.status is not Status.UNKNOWN
    assert watch.stand.engine.acts == []
    assert watch.stand.compose.acts == []
    assert SECRET not in repr(seen)


@pytest.mark.parametrize("kind", OF_CONTAINERS)
async def test_every_check_bears_a_target_that_nobody_knows(kind: str) -> None:
    """A target that was just forgotten is unknown, and nothing breaks."""
    watch = build(kind)
    await watch.stand.arrive()

    (seen,) = await watch.monitor.ask("nobody")

    assert seen.status is Status.UNKNOWN


class Liar(FakeCheck):
    """Answers, but not what it was asked."""

    async def probe(self, target: str, tools: Tools) -> Observation:
        seen = await super().probe(target, tools)
        return replace(seen, target="db")


async def test_rubbish_of_our_own_checks_is_unknown_too() -> None:
    """An observation of another target is believed for neither of them."""
    watch = Watch(Liar())

    (seen,) = await watch.monitor.ask("app")

    assert (seen.target, seen.status) == ("app", Status.UNKNOWN)
    assert seen.finding.facts["reason"] == "it answered about another target"
