"""Is the machine at its limit? What is judged is tested with core."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.parts import Stand
from watchdog.checks.host import Host, HostParameters
from watchdog.core.errors import Unreachable
from watchdog.core.observation import Status


def kernel(folder: Path, available: int, load: float) -> Path:
    """What the kernel says of a machine."""
    (folder / "meminfo").write_text(f"MemTotal: 100 kB\nMemAvailable: {available} kB\n", "ascii")
    (folder / "loadavg").write_text(f"{load} 0.1 0.1 1/2 3\n", "ascii")
    return folder


async def test_memory_and_load_are_two_targets(tmp_path: Path) -> None:
    """Each by its own line; people are told after five minutes on end, and nothing is done."""
    stand = Stand()
    check = Host("host", HostParameters(), kernel(tmp_path, 10, 0.0))
    assert check.targets() == ("host-memory", "host-load")
    seen = await check.probe("host-memory", stand.tools)
    assert (seen.status, seen.finding.kind, seen.measurements) == (
        Status.WARNING,
        "memory_high",
        {"share": 0.9},
    )
    assert seen.tell_after == 300
    assert (await check.probe("host-load", stand.tools)).status is Status.OK
    stand.clock.advance(300)
    seen = await check.probe("host-memory", stand.tools)
    assert (seen.status, seen.finding.facts["age"]) == (Status.WARNING, 300)
    kernel(tmp_path, 90, 10000.0)
    assert (await check.probe("host-memory", stand.tools)).status is Status.OK
    assert (await check.probe("host-load", stand.tools)).finding.kind == "load_high"


async def test_the_machine_that_runs_this_can_be_asked() -> None:
    """Its kernel says both."""
    check = Host("host", HostParameters())
    for target in check.targets() or ():
        assert (await check.probe(target, Stand().tools)).status is not Status.UNKNOWN


async def test_a_kernel_that_does_not_tell_is_no_trouble(tmp_path: Path) -> None:
    """It could not be looked at."""
    check = Host("host", HostParameters(), tmp_path)
    with pytest.raises(Unreachable):
        await check.probe("host-memory", Stand().tools)
