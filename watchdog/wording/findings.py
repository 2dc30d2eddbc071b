"""A finding in words."""

from __future__ import annotations

from collections.abc import Mapping

from watchdog.core.container import SIGNALS
from watchdog.core.observation import Fact, Finding
from watchdog.wording.catalogue import Catalogue
from watchdog.wording.english import ENGLISH
from watchdog.wording.plain import plain
from watchdog.wording.sayings import describe_saying
from watchdog.wording.sizes import describe_size
from watchdog.wording.spans import describe_span

_MIB = 1024 * 1024


def describe_finding(finding: Finding, words: Catalogue = ENGLISH) -> str:
    """What was found, as a predicate to read after the name of the target. Never raises.

    A kind without words is told by its name; the tests see to it that core has none of those.
    """
    template = words.findings.get(finding.kind)
    if template is None:
        return words.strange_finding.format(kind=plain(finding.kind))
    return template.format_map(_Filled(finding.facts, words))


def describe_end(facts: Mapping[str, Fact], words: Catalogue = ENGLISH) -> str:
    """How a process ended, from `exit_code` and, if known, `signal`."""
    code = facts.get("exit_code")
    if isinstance(code, bool) or not isinstance(code, int):
        return words.no_exit_code
    signal = facts.get("signal") or SIGNALS.get(code)
    if isinstance(signal, str) and signal in words.signals:
        return f"{words.exit_code.format(code=code)}, {words.signals[signal]}"
    return words.exit_codes.get(code, words.exit_code.format(code=code))


class _Filled(dict[str, str]):
    """The facts of one finding as words, made when a template asks for them."""

    def __init__(self, facts: Mapping[str, Fact], words: Catalogue) -> None:
        super().__init__()
        self._facts = facts
        self._words = words

    def __missing__(self, name: str) -> str:
        match name:
            case "end":
                return describe_end(self._facts, self._words)
            case "age" | "allowed" | "ahead":
                return self._span(name)
            case "free":
                return self._size(name)
            case "limit":
                return self._limit()
            case "error":
                return self._text("error") or describe_end(self._facts, self._words)
            case "reason":
                return describe_saying(self._text(name), self._words) or self._words.no_reason
            case _:
                return self._text(name) or self._words.no_reason

    def _limit(self) -> str:
        limit = self._facts.get("memory_limit")
        if not isinstance(limit, int | float) or limit <= 0:
            return self._words.no_memory_limit
        return self._words.memory_limit.format(mib=f"{limit / _MIB:.0f}")

    def _size(self, name: str) -> str:
        size = self._facts.get(name)
        if isinstance(size, bool) or not isinstance(size, int | float):
            return self._text(name) or self._words.no_reason
        return describe_size(size, self._words)

    def _span(self, name: str) -> str:
        seconds = self._facts.get(name)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            return self._text(name) or self._words.no_reason
        return describe_span(seconds, self._words)

    def _text(self, name: str) -> str:
        fact = self._facts.get(name)
        return "" if fact is None else plain(str(fact))
