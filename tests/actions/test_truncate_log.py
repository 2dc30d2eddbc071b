"""Giving back all but the end of logs that are kept whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.actions.disks import FakeDisks, with_disks
from tests.engine.parts import Stand
from tests.front.tools import FakeBypasses, FakeShots
from watchdog.actions.truncate_log import TruncateLog, TruncateLogParameters
from watchdog.core.disk import DiskPlace, Room, WholeLog
from watchdog.core.errors import Refused
from watchdog.core.run import Result
from watchdog.gateways.front import Front
from watchdog.gateways.one_shot import OneShot
from watchdog.gateways.program import Ended
from watchdog.plugins import Tools

ACTION = TruncateLog(TruncateLogParameters())
MB = 10**6
HERE, ELSEWHERE = 7, 8


def make_log(name: str) -> WholeLog:
    return WholeLog(target=name, container_id=name * 12, path=f"/docker/{name * 12}/{name * 12}-json.log")


class Logs(FakeShots):
    """One-shots on a disk with logs: `sizes` and `disks` in the order of the logs."""

    def __init__(self, disks: FakeDisks, sizes: dict[str, int], device: int = HERE) -> None:
        super().__init__()
        self.disks, self.sizes, self.device = disks, sizes, device
        self.cut: list[str] = []

    async def run(self, shot: OneShot) -> Ended:
        ended = await super().run(shot)
        names = [each.source.rsplit("/", 1)[1] for each in shot.lent]
        if not shot.lent[0].writable:
            rows = (f"{self.device} {self.sizes[name] // 512}\n" for name in names)
            return Ended(0, "".join(rows).encode(), b"")
        if ended.code == 0:
            self.cut += names
            self.disks.free += self.sizes[names[0]]
            self.sizes[names[0]] = MB
        return ended


class Disk(FakeDisks):
    """A disk whose number is known."""

    async def room(self, place: DiskPlace) -> Room:
        return replace(await super().room(place), device=HERE)


def make(sizes: dict[str, int], device: int = HERE) -> tuple[Tools, Logs]:
    disks = Disk(logs=tuple(make_log(name) for name in sizes))
    stand = Stand()
    shots = Logs(disks, {name * 12: size for name, size in sizes.items()}, device)
    tools = with_disks(stand, disks)
    return replace(tools, front=Front(shots=shots, bypasses=FakeBypasses(stand.clock))), shots


async def test_the_largest_go_first_and_what_that_freed_is_measured() -> None:
    """Small ones stay; done twice there is nothing left to do."""
    tools, shots = make({"a": 300 * MB, "b": MB, "c": 700 * MB})
    outcome = await ACTION.run("data", tools)
    assert outcome.result is Result.DONE
    assert outcome.reason == "the logs of c, a: that freed 1 GB, 6 GB are free now"
    assert shots.cut == ["c" * 12, "a" * 12]
    again = await ACTION.run("data", tools)
    assert (again.result, again.hopeless) == (Result.SKIPPED, True)
    assert again.reason == "no log without rotation is that large"


async def test_the_yes_is_for_exactly_these_logs() -> None:
    """They are named with how large they are about; a size that grows does not spoil the yes, one more log does."""
    tools, shots = make({"a": 300 * MB, "b": MB, "c": 700 * MB})
    pinned = await ACTION.pin("data", tools)
    assert list(pinned) == [f"log of a ({'a' * 12})", f"log of c ({'c' * 12})"]
    told = await ACTION.describe("data", tools)
    assert "these logs: a (over 100 MB), c (over 100 MB) (for good" in told
    assert "docker logs needs --tail" in told
    shots.sizes["a" * 12] = 900 * MB
    assert await ACTION.pin("data", tools) == pinned
    assert await ACTION.describe("data", tools) == told
    shots.sizes["b" * 12] = 200 * MB
    assert await ACTION.pin("data", tools) != pinned
    assert shots.cut == []
    assert ACTION.needs_a_yes


async def test_nobody_is_asked_when_nothing_could_be_freed() -> None:
    """No such log, logs on another disk, or no watched disk."""
    for tools in (make({})[0], make({"a": 300 * MB}, ELSEWHERE)[0]):
        with pytest.raises(Refused, match="that large"):
            await ACTION.pin("data", tools)
        assert (await ACTION.describe("data", tools)).startswith("nothing: ")
    assert (await ACTION.run("elsewhere", make({"a": 300 * MB})[0])).reason == "it is no watched disk"


async def test_one_that_cannot_be_cut_does_not_keep_the_others() -> None:
    """A container that is gone by now is named beside what was done; when none can be cut, that has failed."""
    tools, shots = make({"a": 300 * MB, "c": 700 * MB})
    shots.endings = [Ended(0, b"", b""), Ended(3, b"", b"it is no regular file\n")]
    outcome = await ACTION.run("data", tools)
    assert (outcome.result, shots.cut) == (Result.DONE, ["a" * 12])
    assert outcome.evidence == ("the log of c could not be cut: it is no regular file",)
    shots.endings = [Ended(0, b"", b""), Ended(1, b"", b"Operation not supported")]
    outcome = await ACTION.run("data", tools)
    assert (outcome.result, outcome.hopeless) == (Result.FAILED, True)


async def test_a_size_below_what_stays_is_refused() -> None:
    """Nothing could be freed of it."""
    with pytest.raises(ValueError, match="write 2MiB or more"):
        TruncateLogParameters.model_validate({"larger_than": "1MB"})
