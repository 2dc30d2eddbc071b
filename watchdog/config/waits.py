"""Waits that are right by themselves and wrong beside another one."""

from __future__ import annotations

from watchdog.config.document import Node
from watchdog.config.records import CheckConfig
from watchdog.config.sections import FileSection, GuardrailsSection, HeartbeatSection
from watchdog.core.duration import show_duration
from watchdog.core.problem import Report


def check_waits(
    root: Node,
    report: Report,
    file: FileSection | None,
    guardrails: GuardrailsSection | None,
    checks: list[CheckConfig],
) -> None:
    """What is right by itself and wrong beside another."""
    for check in checks:
        if file is None or check.within <= file.sweep:
            continue
        within, sweep = show_duration(check.within), show_duration(file.sweep)
        written = root.entries.get("checks")
        if written is not None and "within" in written.entries[check.name].entries:
            entry = written.entries[check.name]
            place, key = entry.place_of("within"), f"{entry.key}.within"
            what = f"{within} is longer than the sweep of {sweep}"
            fix = "a look must be over before the next: shorten it, or lengthen sweep"
        else:
            place, key = root.place_of("sweep"), "sweep"
            what = f"{sweep} is shorter than one look of {check.name} may take, {within} by default"
            fix = f"a look must be over before the next: lengthen it, or write checks.{check.name}.within"
        report.add(place, what, key=key, fix=fix)
    if guardrails is not None and guardrails.first > guardrails.longest:
        node = root.entries["guardrails"]
        what = (
            f"{show_duration(guardrails.first)} is longer than longest, {show_duration(guardrails.longest)}"
        )
        report.add(
            node.place_of("first"), what, key="guardrails.first", fix="shorten it, or lengthen longest"
        )


def check_heartbeat(root: Node, report: Report, heartbeat: HeartbeatSection | None) -> None:
    """A beat is a round and a ping, each with that deadline: it has to be over before the next."""
    if heartbeat is None or 2 * heartbeat.within <= heartbeat.every:
        return
    node = root.entries["heartbeat"]
    key = "within" if "within" in node.entries else "every"
    every, within = show_duration(heartbeat.every), show_duration(heartbeat.within)
    what = f"every {every} leaves no room for a round and a ping of up to {within} each"
    fix = "write an every of at least twice within"
    report.add(node.place_of(key), what, key=f"heartbeat.{key}", fix=fix)
