"""Pings go out only while every part makes progress, and say what does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.engine.parts import SECRET, News, until
from tests.fakes import FakeClock
from watchdog.core.errors import GatewayError, JournalError, Unreachable
from watchdog.core.happening import Happening
from watchdog.core.moment import Moment
from watchdog.core.observation import Finding, Observation, Status
from watchdog.core.progress import Pace, Ping
from watchdog.core.redaction import redact
from watchdog.engine.heartbeat import Heartbeat, Parts

URL = "https://hc-ping.com/5f3c1a2b-7777-4444-8888-9999aaaabbbb"
KUMA = "https://kuma.lan/api/push/kAnArY1234?status=up&msg=OK&ping="
PACE = Pace(every=60.0, within=0.2)


class FakeCaller:
    """Writes down what is sent.

    Attributes:
        sent: method, URL and body of each.
        open: cleared, it answers nobody.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.answer = "OK"
        self.open = asyncio.Event()
        self.open.set()
        self._errors: list[GatewayError] = []

    def fail_next(self, error: GatewayError, times: int = 1) -> None:
        self._errors += [error] * times

    async def send(self, method: str, url: str, body: bytes, within: float) -> str:
        self.sent.append((method, url, body.decode()))
        if not self.open.is_set():
            await asyncio.sleep(within)
            raise Unreachable(f"no answer within {within:g} s")
        if self._errors:
            raise self._errors.pop(0)
        return self.answer

    def words(self) -> list[str]:
        ends = [urlsplit(url).path.rpartition("/")[2] for _, url, _ in self.sent]
        return [end if end in ("start", "fail") else "success" for end in ends]


class FakeParts:
    """Everything that a round goes through; each part can be made to stand still."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.gates = {
            name: asyncio.Event() for name in ("sample", "receive", "sweep", "beat", "log", "phone")
        }
        for gate in self.gates.values():
            gate.set()
        self.begun: list[str] = []
        self.received: list[Observation] = []
        self.has_targets = True
        self.asked = 1
        self.connected = True
        self.lost_because = ""
        self._errors: list[tuple[str, Exception]] = []

    def fail_next(self, part: str, error: Exception) -> None:
        self._errors.append((part, error))

    def stop(self, *names: str) -> None:
        for name in names:
            self.gates[name].clear()

    def go_on(self) -> None:
        for gate in self.gates.values():
            gate.set()

    async def _pass(self, name: str) -> None:
        self.begun.append(name)
        await self.gates[name].wait()
        for planned in self._errors:
            if planned[0] == name:
                self._errors.remove(planned)
                raise planned[1]

    async def sample(self) -> Observation | None:
        await self._pass("sample")
        if not self.has_targets:
            return None
        return Observation(
            check="containers",
            target="app",
            status=Status.OK,
            finding=Finding("running"),
            at=self.clock.now(),
        )

    def checks(self) -> int:
        return self.asked

    async def receive(self, seen: Observation) -> None:
        await self._pass("receive")
        self.received.append(seen)

    async def sweep(self) -> None:
        await self._pass("sweep")

    async def beat(self, now: Moment) -> None:
        await self._pass("beat")

    def names(self) -> tuple[str, ...]:
        return ("log", "phone")

    async def acknowledge(self, name: str) -> None:
        await self._pass(name)

    def all(self) -> Parts:
        return Parts(monitor=self, receive=self.receive, engine=self, journal=self, dispatcher=self)


class Chest:
    """A heart and what it beats against."""

    def __init__(self, url: str = URL, pace: Pace = PACE) -> None:
        self.clock = FakeClock()
        self.parts = FakeParts(self.clock)
        self.caller = FakeCaller()
        self.news = News()
        self.heart = Heartbeat(
            url=url,
            pace=pace,
            parts=self.parts.all(),
            caller=self.caller,
            clock=self.clock,
            redact=lambda text: redact(text, (SECRET,)),
            publish=self.news.publish,
        )

    async def stop(self) -> None:
        """End what stands still."""
        self.parts.go_on()
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if task.get_name().startswith("heartbeat"):
                task.cancel()


@pytest.fixture
async def chest() -> AsyncIterator[Chest]:
    """One that pings healthchecks.io."""
    chest = Chest()
    yield chest
    await chest.stop()


async def test_a_beat_goes_through_everything_and_is_a_success(chest: Chest) -> None:
    """List, look, decide, write, and each notifier's loop; then start and success with one rid."""
    beat = await chest.heart.beat()

    assert beat.ping is Ping.SUCCESS
    assert sorted(chest.parts.begun) == sorted(["sample", "receive", "sweep", "beat", "log", "phone"])
    assert chest.caller.words() == ["start", "success"]
    rids = {parse_qs(urlsplit(url).query)["rid"][0] for _, url, _ in chest.caller.sent}
    assert len(rids) == 1
    assert chest.news.names() == ["heartbeat.sent"]
    assert chest.heart.degraded() == ()


@pytest.mark.parametrize(
    ("stopped", "named", "degraded"),
    [
        ("sample", "The monitor (looks) made no progress within 0.2 s", "looking makes no progress"),
        ("receive", "The responder (decides) made no progress within 0.2 s", "deciding makes no progress"),
        ("beat", "The journal made no progress within 0.2 s", "the journal makes no progress"),
        ("phone", "The dispatcher (tells people) made no progress within 0.2 s: phone", "telling people makes no progress"),
        ("sweep", "The Docker engine cannot be asked: no list within 0.2 s", "the Docker engine cannot be asked"),
    ],
)  # fmt: skip
async def test_what_stands_still_is_named_in_time_and_forgiven_when_it_goes_on(
    chest: Chest, stopped: str, named: str, degraded: str
) -> None:
    """One part is enough for a fail; when it goes on, the next beat is a success."""
    chest.parts.stop(stopped)
    for _ in range(2):
        beat = await chest.heart.beat()
        assert beat.ping is Ping.FAIL
        assert chest.caller.sent[-1][2].splitlines()[0] == named
        assert degraded in chest.heart.degraded()
    assert chest.parts.begun.count(stopped) == 1  # what is stuck is not piled up

    chest.parts.go_on()
    await asyncio.sleep(0.01)
    assert (await chest.heart.beat()).ping is Ping.SUCCESS
    assert chest.heart.degraded() == ()


async def test_what_is_late_is_never_cut_in_its_middle(chest: Chest) -> None:
    """A decision that takes longer than a beat is carried to its end."""
    chest.parts.stop("receive")
    await chest.heart.beat()
    assert chest.parts.received == []
    chest.parts.go_on()
    await until(lambda: chest.parts.received)


async def test_an_engine_that_is_lost_fails_with_its_reason(chest: Chest) -> None:
    """We live and say so; the reason has no secret in it."""
    chest.parts.connected, chest.parts.lost_because = False, f"refused, password={SECRET}"
    beat = await chest.heart.beat()
    assert beat.ping is Ping.FAIL
    body = chest.caller.sent[-1][2]
    assert body.startswith("The Docker engine cannot be asked: refused, ")
    assert SECRET not in body
    assert chest.heart.degraded() == ("the Docker engine cannot be asked",)


async def test_an_engine_that_comes_back_within_the_beat_is_no_news(chest: Chest) -> None:
    """A restart of the engine wakes nobody up."""
    chest = Chest(pace=Pace(within=3.0))
    chest.parts.connected, chest.parts.lost_because = False, "away"
    beating = asyncio.create_task(chest.heart.beat())
    await until(lambda: "sweep" in chest.parts.begun)
    chest.parts.connected = True
    assert (await beating).ping is Ping.SUCCESS


@pytest.mark.parametrize(
    ("part", "error", "named"),
    [
        ("beat", JournalError("the disk is full"), "The journal does not do its work: the disk is full"),
        ("sample", KeyError("bug"), "The monitor (looks) does not do its work: KeyError: 'bug'"),
        ("phone", ValueError("bug"), "The dispatcher (tells people) does not do its work: ValueError: bug"),
    ],
)
async def test_a_part_that_fails_is_told_with_its_reason(
    chest: Chest, part: str, error: Exception, named: str
) -> None:
    """An answer in time that is an error is no progress; the heart itself beats on."""
    chest.parts.fail_next(part, error)
    assert (await chest.heart.beat()).ping is Ping.FAIL
    assert named in chest.caller.sent[-1][2].splitlines()
    assert (await chest.heart.beat()).ping is Ping.SUCCESS


async def test_without_targets_there_is_nothing_to_decide(chest: Chest) -> None:
    """An empty stack is listed, and that is enough; a watchdog without any check is not well."""
    chest.parts.has_targets = False
    assert (await chest.heart.beat()).ping is Ping.SUCCESS
    chest.parts.asked = 0
    assert (await chest.heart.beat()).ping is Ping.FAIL


async def test_a_ping_that_is_lost_is_told_and_the_next_one_tried(chest: Chest) -> None:
    """Whoever reads the log learns it; nothing else changes."""
    chest.caller.fail_next(Unreachable(f"it knows {SECRET}"), times=2)
    await chest.heart.beat()
    assert chest.news.reasons("heartbeat.failed") == ["it knows [hidden]"]
    assert chest.heart.degraded() == ("the heartbeat could not be delivered",)

    await chest.heart.beat()
    assert chest.news.names()[-1] == "heartbeat.sent"
    assert chest.heart.degraded() == ()


async def test_a_start_that_is_lost_does_not_matter(chest: Chest) -> None:
    """Only a duration is lost with it."""
    chest.caller.fail_next(Unreachable("lost"))
    assert (await chest.heart.beat()).ping is Ping.SUCCESS
    assert chest.news.names() == ["heartbeat.sent"]


async def test_an_answer_that_nobody_waits_for_this_ping_is_a_failure(chest: Chest) -> None:
    """A mistyped token would otherwise be found out in the night that it was needed."""
    chest.caller.answer = "OK (not found)"
    await chest.heart.beat()
    assert chest.news.reasons("heartbeat.failed") == ["it answered: OK (not found)"]


async def test_a_receiver_that_hangs_ends_in_time(chest: Chest) -> None:
    """Twice the deadline at the most, and the parts have long done their work."""
    chest.caller.open.clear()
    async with asyncio.timeout(2):
        await chest.heart.beat()
    assert chest.parts.received
    assert chest.news.reasons("heartbeat.failed") == ["no answer within 0.2 s"]


async def test_kuma_hears_no_start_and_the_reasons_in_one_line() -> None:
    """Up and down with a message."""
    chest = Chest(KUMA)
    await chest.heart.beat()
    chest.parts.stop("beat")
    await chest.heart.beat()
    said = [parse_qs(urlsplit(url).query) for _, url, _ in chest.caller.sent]
    assert [each["status"] for each in said] == [["up"], ["down"]]
    assert said[1]["msg"][0].startswith("The journal made no progress within 0.2 s; watchdog itself is alive")
    await chest.stop()


async def test_without_an_address_nothing_happens() -> None:
    """No heartbeat was asked for: not even a round is made."""
    chest = Chest("")
    async with asyncio.timeout(1):
        await chest.heart.run()
    assert (chest.parts.begun, chest.caller.sent) == ([], [])


async def test_the_first_beat_waits_for_the_engine_but_not_for_ever() -> None:
    """A start is no reason for a fail; an engine that is away then is."""
    chest = Chest(pace=replace(PACE, within=5.0))
    running = asyncio.create_task(chest.heart.run())
    await asyncio.sleep(0.02)
    assert chest.caller.sent == []
    chest.heart.follow(Happening(name="engine.found", at=chest.clock.now()))
    await until(lambda: chest.caller.words() == ["start", "success"])
    running.cancel()

    late = Chest()
    running = asyncio.create_task(late.heart.run())
    await until(lambda: late.caller.words() == ["start", "success"])
    running.cancel()


async def test_it_beats_again_and_again() -> None:
    """At its pace, whatever came of the beat before."""
    chest = Chest(pace=Pace(every=31.0, within=0.01))
    chest.heart._pace = replace(chest.heart._pace, every=0.05)
    chest.caller.fail_next(Unreachable("lost"))
    running = asyncio.create_task(chest.heart.run())
    await until(lambda: len(chest.caller.sent) >= 4)
    running.cancel()
