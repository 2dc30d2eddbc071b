"""A check or a notifier from its entry: its kind is found, its parameters are read, and it is made.

A kind that an installed package brings can break at each of these: then that is a problem of the file like any
other, with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from watchdog.config.document import Node
from watchdog.config.reading import read, report_unknown
from watchdog.config.sections import Section
from watchdog.core.answer import accept_targets
from watchdog.core.errors import Misbehaved
from watchdog.core.problem import Place, Report, show_text
from watchdog.plugins import Check
from watchdog.registry import Kinds, guarded

K = TypeVar("K")
R = TypeVar("R")


def build(
    kinds: Kinds[K],
    common: type[Section],
    what: str,
    *,
    name: str,
    entry: Node,
    report: Report,
    given: Mapping[str, object] | None = None,
) -> K | None:
    """One check or notifier from its entry, None when its kind or its parameters are wrong; the report says it.

    Args:
        kinds: those that there are.
        common: the keys that all of them have.
        what: "check" or "notifier".
        name: its own.
        entry: where it stands.
        report: where problems go.
        given: parameters from elsewhere.
    """
    kind = entry.value.get("kind") if isinstance(entry.value, dict) else None
    if not isinstance(kind, str):
        return None
    if kind not in kinds:
        report_unknown(entry, "kind", f"kind of {what}", kinds, report)
        return None
    place, key = entry.place_of("kind"), f"{entry.key}.kind"
    made: Any = find(kinds, kind, place, key, report)
    if made is None:
        return None

    def make() -> K | None:
        parameters = read(made.parameters_type, entry, report, leave=common.model_fields, given=given)
        if parameters is None:
            return None
        thing: K = made(name, parameters)
        if isinstance(thing, Check) and not kinds.is_ours(made):
            # Asked often, and from the daemon's loop: so it is asked now, once.
            targets = accept_targets(thing.targets())
            vars(thing)["targets"] = lambda: targets
        return thing

    return asked(kinds, kind, make, place=place, key=key, report=report)


def find(kinds: Kinds[K], kind: str, place: Place, key: str, report: Report) -> type[K] | None:
    """The class of a kind that there is; None, with a line in the report, when it cannot be used."""
    return asked(kinds, kind, lambda: kinds[kind], place=place, key=key, report=report, itself=True)


def asked(
    kinds: Kinds[Any],
    kind: str,
    work: Callable[[], R],
    *,
    place: Place,
    key: str,
    report: Report,
    itself: bool = False,
) -> R | None:
    """What `work` returns, in which the code of a kind runs; None, with a line in the report, when that broke."""
    origin = kinds.origin(kind)
    try:
        return work() if itself or kinds.is_ours(kinds[kind]) else guarded(work)
    except Misbehaved as trouble:
        what = f"{kind} of {show_text(origin)} cannot be used: {show_text(str(trouble), longest=300)}"
        report.add(place, what, key=key, fix="mend or remove that package, or this")
        return None
