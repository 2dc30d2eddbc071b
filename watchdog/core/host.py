"""Is the machine itself at its limit? Memory and load, above a line for minutes on end."""

from __future__ import annotations

from dataclasses import dataclass

from watchdog.core.moment import Moment
from watchdog.core.observation import Fact, Finding, Observation, Status

_FINDINGS = {
    "memory": {Status.OK: "memory_fine", Status.WARNING: "memory_high"},
    "load": {Status.OK: "load_fine", Status.WARNING: "load_high"},
}
# A share that was told of is over only so far below its line.
_CLOSE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRules:
    """From which share on, and after how many seconds on end, people are told."""

    memory: float = 0.85
    load: float = 0.8
    lasts: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """Since when a share has been above its line without a break; None while it is not."""

    since: Moment | None = None


def judge_share(share: float, line: float, above: Above, now: Moment) -> Above:
    """Since when a share has been above its line, to remember."""
    return Above() if share < line else Above(since=above.since or now)


def show_share(
    target: str, kind: str, share: float, *, line: float, lasts: float, above: Above, now: Moment
) -> Observation:
    """A look at `memory` or `load`: above its line is a warning, of which people are told once it has lasted."""
    status = Status.OK if above.since is None else Status.WARNING
    found = _FINDINGS[kind][status]
    facts: dict[str, Fact] = {"used": int(share * 100)}
    if above.since is not None:
        facts["age"] = round(now.seconds_since(above.since))
    return Observation(
        check=target.removesuffix(f"-{kind}"),
        target=target,
        status=status,
        finding=Finding(found, facts),
        at=now,
        tell_after=lasts,
        near=share >= line * _CLOSE,
        measurements={"share": round(share, 4)},
    )


def read_memory(meminfo: str) -> float:
    """The share of memory that is in use and could not be given back at once. Raises ValueError for another text."""
    numbers: dict[str, int] = {}
    for line in meminfo.splitlines():
        name, _, rest = line.partition(":")
        if name in ("MemTotal", "MemAvailable"):
            numbers[name] = int(rest.split()[0])
    if numbers.get("MemTotal", 0) <= 0 or "MemAvailable" not in numbers:
        raise ValueError("/proc/meminfo does not say what is available")
    return 1.0 - numbers["MemAvailable"] / numbers["MemTotal"]


def read_load(loadavg: str, processors: int) -> float:
    """The load of the last minute for each processor. Raises ValueError for another text."""
    parts = loadavg.split()
    if not parts:
        raise ValueError("/proc/loadavg is empty")
    return float(parts[0]) / max(1, processors)
