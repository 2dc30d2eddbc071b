"""The answer of a guardrail: go on, or not, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allow:
    """The action may go on."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The action may not go on. `wait`: seconds until it may, None when waiting does not help."""

    reason: str
    wait: float | None = None


Verdict = Allow | Refuse
