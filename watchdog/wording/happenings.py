"""A happening in words, for who follows."""

from __future__ import annotations

from collections.abc import Mapping

from watchdog.core.observation import Fact
from watchdog.wording.catalogue import Catalogue
from watchdog.wording.english import ENGLISH
from watchdog.wording.plain import plain
from watchdog.wording.sayings import describe_saying


def describe_happening(
    name: str, facts: Mapping[str, Fact], incident: str | None = None, words: Catalogue = ENGLISH
) -> str | None:
    """What happened, in a line; None for what is not worth one."""
    template = words.happenings.get(name)
    if template is None:
        return None
    return template.format_map(_Filled(facts, incident, words))


class _Filled(dict[str, str]):
    def __init__(self, facts: Mapping[str, Fact], incident: str | None, words: Catalogue) -> None:
        super().__init__(incident=plain(incident or "?"))
        self._facts = facts
        self._words = words

    def __missing__(self, name: str) -> str:
        text = plain(str(self._facts.get(name) or ""))
        words = self._words
        match name:
            case "finding":
                return words.kinds.get(text, text.replace("_", " "))
            case "status":
                return words.statuses.get(text, text)
            case "because":
                reason = describe_saying(str(self._facts.get("reason") or ""), words)
                return words.because.format(reason=reason) if reason else ""
            case "reason":
                return describe_saying(text, words) or words.no_reason
            case "what" | "until" | "by":
                return describe_saying(text, words) or words.no_reason
            case "action":
                return words.actions.get(text, text)
            case "result":
                return words.results.get(text, text)
            case "ending":
                return words.endings.get(text, text)
            case "act":
                return words.acts.get(text, text)
            case _:
                return text or words.no_reason
