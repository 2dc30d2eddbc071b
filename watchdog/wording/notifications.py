"""A notification in words: what happened, what was done, what is proven, what a human can do."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watchdog.core.notification import Notification
from watchdog.core.observation import Fact
from watchdog.wording.catalogue import Catalogue
from watchdog.wording.english import ENGLISH
from watchdog.wording.findings import describe_finding
from watchdog.wording.plain import plain
from watchdog.wording.sayings import describe_saying
from watchdog.wording.spans import describe_span

# Words of others, which may be the same ones: an engine's error is what is wrong, what hinders and what shows it.
_QUOTED = frozenset({"hindrance", "shown_by"})
_SPANS = frozenset({"seconds", "stable", "warned"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A notification as text for people. One line each, no markup of any channel."""

    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Title and lines, one below the other."""
        return "\n".join((self.title, *self.lines))


def describe_notification(notification: Notification, words: Catalogue = ENGLISH) -> Message:
    """The notification as a message. A line that lacks one of its facts is left out."""
    told = words.tellings[notification.telling.value]
    facts = _facts(notification, words)
    title = told.title.format_map(_Lenient(facts))
    lines: list[str] = []
    for line in told.lines:
        needs = _needs(line)
        quoted = [facts[name] for name in needs & _QUOTED & facts.keys()]
        if needs <= facts.keys() and not any(_is_said(text, title, lines) for text in quoted):
            lines.append(line.format_map(facts))
    return Message(title=title, lines=tuple(lines))


def describe_shortly(notification: Notification, words: Catalogue = ENGLISH) -> str:
    """The notification in a phrase, to read below a title that names its target."""
    told = words.tellings[notification.telling.value]
    return told.short.format_map(_Lenient(_facts(notification, words)))


def _is_said(text: str, title: str, lines: Sequence[str]) -> bool:
    return any(text in said for said in (title, *lines))


class _Lenient(dict[str, str]):
    """A title is always told, even when a fact is missing."""

    def __missing__(self, name: str) -> str:
        return "?"


def _needs(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def _facts(notification: Notification, words: Catalogue) -> Mapping[str, str]:
    facts = {name: _word(name, fact, words) for name, fact in notification.facts.items() if fact is not None}
    facts["target"] = plain(notification.target)
    facts["finding"] = describe_finding(notification.finding, words)
    if notification.still is not None:
        facts["still"] = describe_finding(notification.still, words)
    if notification.finding.kind in words.hints:
        facts["hint"] = words.hints[notification.finding.kind]
    if notification.incident is not None:
        facts["incident"] = plain(notification.incident)
    if "shared" in facts:
        name = facts.get("shared_name", "?")
        facts["shared"] = words.shared.get(facts["shared"], "{name}").format(name=name)
    if "action" in facts:
        facts["action"] = _doing(facts["action"], notification.facts, words)
    return facts


def _doing(action: str, facts: Mapping[str, Fact], words: Catalogue) -> str:
    """An action, and whether it is taken back, or done again after it was cut short."""
    if facts.get("on"):
        action = f"{plain(str(facts['on']))}: {action}"
    if facts.get("undo"):
        return words.take_back.format(action=action)
    return words.once_more.format(action=action) if facts.get("again") else action


def _word(name: str, fact: Fact, words: Catalogue) -> str:
    if name in _SPANS and isinstance(fact, int | float):
        return describe_span(fact, words)
    text = plain(str(fact))
    match name:
        case "reason":
            return words.reasons.get(text, text)
        case "act":
            return words.acts.get(text, text)
        case "action" | "denied":
            return words.actions.get(text, text)
        case "doom":
            return words.dooms.get(text, text)
        case "advice":
            return words.advices.get(text, text)
        case "by" | "cause" | "hindrance" | "what" | "until" | "does":
            return describe_saying(text, words)
        case _:
            return text
