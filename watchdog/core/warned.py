"""What is remembered of a warning: since when it is so, and of what of it people were told."""

from __future__ import annotations

from dataclasses import dataclass

from watchdog.core.moment import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """One spell of warnings of one check's target.

    Attributes:
        since: when it was first seen.
        kind: what was last seen, and kind_since: since when it is that.
        told: the kinds of which people were told, each once; empty while it has not lasted long enough.
        at: when people were first told.
        better_since: since when all is well without a break.
    """

    since: Moment
    kind: str
    kind_since: Moment
    told: tuple[str, ...] = ()
    at: Moment | None = None
    better_since: Moment | None = None
