"""What is measured, what the goal is, and whether it was reached."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

NEVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        value: what counts: a ratio where there is somebody to compare with, else seconds, MiB or a count.
        limit: the most that `value` may be; None where no goal was set.
        detail: the measurements behind it, in a few words.
        load: the machine's load average when it was measured.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    detail: str = ""
    load: float = 0.0

    @property
    def reached(self) -> bool | None:
        """Whether the goal was reached; None without one."""
        return None if self.limit is None else self.value <= self.limit

    @property
    def verdict(self) -> str:
        """The same in a word."""
        return {None: "-", True: "reached", False: "MISSED"}[self.reached]


def median(values: Sequence[float]) -> float:
    """The middle of the measurements; never, when most of them never ended or there are none."""
    return statistics.median(values) if values else NEVER


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Our median beside theirs."""
    base = median(theirs)
    return median(ours) / base if base not in (0, NEVER) else NEVER


def spread(values: Sequence[float], digits: int = 3, unit: str = " s") -> str:
    """Median, least and most, and how many."""
    if not values or median(values) == NEVER:
        return f"never (n={len(values)})"
    parts = [f"{value:.{digits}f}" for value in (median(values), min(values), max(values))]
    return f"{parts[0]}{unit} [{parts[1]}..{parts[2]}] n={len(values)}"


def show(figures: Sequence[Figure]) -> str:
    """The table, in Markdown, as docs/performance.md has it."""
    head = "| what | measured | goal | | how it came about | load |\n|---|---|---|---|---|---|"
    lines = []
    for each in figures:
        limit = "-" if each.limit is None else f"<= {_number(each.limit, each.unit)}"
        value = "never" if each.value == NEVER else _number(each.value, each.unit)
        lines.append(
            f"| {each.name} | {value} | {limit} | {each.verdict} | {each.detail} | {each.load:.1f} |"
        )
    return "\n".join([head, *lines])


def _number(value: float, unit: str) -> str:
    if unit == "x":
        return f"{value:.2f} x"
    if unit == "s":
        return f"{value:.3f} s" if value < 1 else f"{value:.2f} s"
    if unit == "ms":
        return f"{value:.0f} ms"
    if unit == "MiB":
        return f"{value:.1f} MiB"
    return f"{value:.3g} {unit}".strip()
