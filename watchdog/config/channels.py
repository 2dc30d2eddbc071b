"""Who is told: the notifiers of the file, with the secrets that the environment holds for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchdog.config.document import Node
from watchdog.config.kinds import build
from watchdog.config.reading import is_mapping, read
from watchdog.config.sections import NotifierSection
from watchdog.core.problem import Report
from watchdog.plugins import Notifier
from watchdog.registry import NOTIFIER_KINDS, NOTIFIERS

DEFAULT = "log"
# By kind of notifier: which of its parameters the environment gives, and under which name. They are secrets,
# or differ from one machine to the next.
GIVEN = {
    "telegram": {"token": "TELEGRAM_BOT_TOKEN", "chat": "TELEGRAM_CHAT_ID"},
    "webhook": {"url": "WATCHDOG_WEBHOOK_URL"},
}
# Those of them that must not stand in a file that is committed.
_SECRET = frozenset({"token", "url"})

Given = Mapping[str, Mapping[str, object]]


def default_notifiers(given: Given) -> list[Notifier[Any]]:
    """What a file gets that does not say who is told: the log, and every channel that the environment opens."""
    found = [NOTIFIERS[DEFAULT](DEFAULT, NOTIFIERS[DEFAULT].parameters_type())]
    for kind, names in GIVEN.items():
        values = given.get(kind, {})
        if values.keys() >= names.keys():
            made = NOTIFIERS[kind]
            found.append(made(kind, made.parameters_type.model_validate(dict(values))))
    return found


def read_notifier(name: str, entry: Node, given: Given, report: Report) -> Notifier[Any] | None:
    """One notifier from its entry, None when something is wrong with it; then the report says what."""
    if not is_mapping(entry, report):
        return None
    others = [key for key in entry.entries if key not in NotifierSection.model_fields]
    section = read(NotifierSection, entry, report, leave=others)
    if section is None:
        return None
    values = given.get(section.kind, {})
    if not _complete(section.kind, entry, values, report):
        return None
    return build(
        NOTIFIER_KINDS, NotifierSection, "notifier", name=name, entry=entry, report=report, given=values
    )


def _complete(kind: str, entry: Node, values: Mapping[str, object], report: Report) -> bool:
    """Whether what the environment has to give is there, and only there where it is secret."""
    complete = True
    for parameter, variable in GIVEN.get(kind, {}).items():
        where = f"set {variable} in the environment, .env or a secret file"
        if parameter in entry.entries and parameter in _SECRET:
            what = "is a secret, and this file is none"
            report.add(entry.place_of(parameter), what, key=f"{entry.key}.{parameter}", fix=where)
        elif parameter not in entry.entries and parameter not in values:
            report.add(entry.place, f"{variable} is not set", key=f"{entry.key}.{parameter}", fix=where)
        else:
            continue
        complete = False
    return complete
