"""The recurring windows of maintenance: a list, each with its name."""

from __future__ import annotations

from watchdog.config.document import Node
from watchdog.config.reading import read
from watchdog.config.records import Recurring
from watchdog.config.sections import RecurringSection, is_target_name
from watchdog.core.problem import Report, show_text

_FIX = "write '- {name: backup, cron: \"0 3 * * sun\", for: 1h}'"


def read_recurring(root: Node, report: Report) -> dict[str, Recurring]:
    """Those of the file, by name."""
    node = root.entries.get("maintenance")
    if node is None or node.value is None:
        return {}
    if not isinstance(node.value, list):
        report.add(node.place, "must be a list", key=node.key, got=node.shown, fix=_FIX)
        return {}
    found: dict[str, Recurring] = {}
    for item in node.items:
        section = read(RecurringSection, item, report)
        _check_targets(item, report)
        if section is None:
            continue
        if section.name in found:
            what = f"{show_text(section.name, quoted=True)} is the name of another one already"
            report.add(item.place_of("name"), what, key=f"{item.key}.name", fix="give it a name of its own")
        found[section.name] = Recurring(cron=section.cron, lasts=section.for_, targets=section.targets)
    return found


def _check_targets(item: Node, report: Report) -> None:
    targets = item.entries.get("targets")
    for each in targets.items if targets is not None else ():
        if isinstance(each.value, str) and not is_target_name(each.value):
            what = f"{show_text(each.value, quoted=True)} is no name of a Compose service or container"
            fix = "letters, digits, - _ and . only; api#2 is the second replica of api"
            report.add(each.place, what, key=each.key, fix=fix)
