"""What Prometheus is told: every metric is declared here, once.

Counters and histograms follow the happenings; how things stand is read when it is asked for. No text from
outside becomes a label: values come from the configuration, from closed lists, or are names of targets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from watchdog import __version__
from watchdog.core.event import WATCHED_ACTIONS
from watchdog.core.happening import Happening
from watchdog.core.incident import Ending
from watchdog.core.moment import Moment
from watchdog.core.notification import Severity
from watchdog.core.observation import Status
from watchdog.telemetry.view import View

OTHER = "other"
MOST_TARGETS = 500
OUTCOMES = (*(ending.value for ending in Ending), "escalated")
_SAFE = re.compile(r"[a-zA-Z0-9_.#-]{1,128}")
_PROBE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_DETECT = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_RECOVER = (1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
_NANO = 1e9


class Metrics:
    """Hears happenings through `follow`, never waits, and answers scrapes through `render`."""

    def __init__(self, view: View) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._view = view
        self._registry = registry = CollectorRegistry()
        self._standing = _Standing(view)
        self._probes = Histogram(
            "watchdog_probe_duration_seconds",
            "How long one look took.",
            ["check"],
            buckets=_PROBE,
            registry=registry,
        )
        self._remediations = Counter(
            "watchdog_remediations_total",
            "Runs of a playbook that acted, by how they ended.",
            ["playbook", "outcome"],
            registry=registry,
        )
        self._detection = Histogram(
            "watchdog_time_to_detect_seconds",
            "From the engine's event of a trouble to its incident.",
            buckets=_DETECT,
            registry=registry,
        )
        self._recovery = Histogram(
            "watchdog_time_to_recover_seconds",
            "From an incident's opening to verified health.",
            buckets=_RECOVER,
            registry=registry,
        )
        self._events = Counter(
            "watchdog_engine_events_total", "Events heard from the engine.", ["action"], registry=registry
        )
        self._reconnects = Counter(
            "watchdog_engine_reconnects_total",
            "How often the engine was found again after it was lost.",
            registry=registry,
        )
        self._notifications = Counter(
            "watchdog_notifications_total",
            "Tries to hand over a notification, by how they ended.",
            ["notifier", "outcome"],
            registry=registry,
        )
        self._pings = Counter(
            "watchdog_heartbeat_pings_total",
            "Pings to the outside, by whether they arrived.",
            ["outcome"],
            registry=registry,
        )
        self._journal_failures = Counter(
            "watchdog_journal_failures_total", "Writes that the journal did not take.", registry=registry
        )
        for action in (*WATCHED_ACTIONS, OTHER):
            self._events.labels(action)
        for outcome in ("sent", "failed"):
            self._pings.labels(outcome)
        registry.register(self._standing)
        ProcessCollector(registry=registry)
        self._lost = False
        # When the engine first told of the present trouble of a target, by its clock.
        self._trouble: dict[str, float] = {}

    def follow(self, happening: Happening) -> None:
        """Take in what happened."""
        match happening.name.partition(".")[0]:
            case "probe" | "observation":
                self._follow_looks(happening)
            case "engine":
                self._follow_engine(happening)
            case "incident":
                self._follow_incidents(happening)
            case "notification":
                self._follow_notifications(happening)
            case "heartbeat":
                self._follow_heartbeat(happening)
            case "journal" if happening.name == "journal.failed":
                self._journal_failures.inc()

    def render(self, depths: Mapping[str, int]) -> bytes:
        """Everything, in Prometheus' text format 0.0.4. `depths`: how many notifications wait, by notifier."""
        for playbook in self._view.playbooks():
            for outcome in OUTCOMES:
                self._remediations.labels(_safe(playbook), outcome)
        known = set(self._view.targets())
        self._trouble = {target: since for target, since in self._trouble.items() if target in known}
        self._standing.depths = depths
        return generate_latest(self._registry)

    def _follow_looks(self, happening: Happening) -> None:
        facts, target = happening.facts, happening.target or ""
        status = Status(str(facts["status"]))
        if happening.name == "probe.ended":
            check = str(facts["check"])
            self._probes.labels(self._known(check, self._view.checks())).observe(float(facts["seconds"] or 0))
            self._standing.seen(check, target, status, happening.at)
        elif status is Status.OK:
            self._trouble.pop(target, None)

    def _follow_engine(self, happening: Happening) -> None:
        facts = happening.facts
        match happening.name:
            case "engine.event":
                action = str(facts["action"])
                self._events.labels(action if action in WATCHED_ACTIONS else OTHER).inc()
                if action in ("die", "oom") or facts.get("health") == "unhealthy":
                    self._trouble.setdefault(happening.target or "", float(facts["time"] or 0) / _NANO)
            case "engine.lost":
                self._lost = True
            case "engine.found" if self._lost:
                self._lost = False
                self._reconnects.inc()

    def _follow_incidents(self, happening: Happening) -> None:
        facts = happening.facts
        if happening.name == "incident.opened":
            since = self._trouble.pop(happening.target or "", None)
            if since is not None:
                self._detection.observe(max(0.0, happening.at.wall.timestamp() - since))
        elif happening.name in ("incident.resolved", "incident.escalated"):
            outcome = str(facts.get("ending") or "escalated")
            if facts["attempts"]:
                playbook = self._known(str(facts["playbook"]), self._view.playbooks())
                self._remediations.labels(playbook, outcome).inc()
            if outcome in (Ending.HEALED, Ending.RECOVERED):
                self._recovery.observe(float(facts["seconds"] or 0))

    def _follow_notifications(self, happening: Happening) -> None:
        outcome = happening.name.removeprefix("notification.")
        if happening.facts.get("permanent"):
            outcome = "refused"
        notifier = self._known(str(happening.facts["notifier"]), self._view.notifiers())
        self._notifications.labels(notifier, outcome).inc()

    def _follow_heartbeat(self, happening: Happening) -> None:
        outcome = happening.name.removeprefix("heartbeat.")
        self._pings.labels(outcome).inc()
        if outcome == "sent" and happening.facts.get("ping") in (None, "success"):
            self._standing.beaten = happening.at

    @staticmethod
    def _known(name: str, names: Iterable[str]) -> str:
        return _safe(name) if name in names else OTHER


@dataclass(slots=True)
class _Seen:
    status: Status
    answered: Moment | None = None


@dataclass(slots=True, eq=False)
class _Standing(Collector):
    """How things stand, as gauges that are made at each scrape: what is gone is gone from them too."""

    view: View
    depths: Mapping[str, int] = field(default_factory=dict)
    beaten: Moment | None = None
    _seen: dict[tuple[str, str], _Seen] = field(default_factory=dict)

    def seen(self, check: str, target: str, status: Status, at: Moment) -> None:
        """A check has looked."""
        seen = self._seen.setdefault((check, target), _Seen(status))
        seen.status = status
        if status is not Status.UNKNOWN:
            seen.answered = at

    def describe(self) -> Iterator[Metric]:
        """Nothing is asked of anybody when this is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Every gauge."""
        targets = tuple(self.view.targets())
        names = {target: _safe(target) for target in targets[:MOST_TARGETS]}
        labels = {target: names.get(target, OTHER) for target in targets}
        yield from self._looks(labels)
        yield from self._cases(labels)
        yield from self._daemon()

    def _looks(self, labels: Mapping[str, str]) -> Iterator[Metric]:
        checks, off = set(self.view.checks()), set(self.view.switched_off())
        yield _gauge(
            "watchdog_check_switched_off",
            "1 while a check is not asked, because it froze watchdog or goes wrong again and again.",
            ("check",),
            {(_safe(check),): float(check in off) for check in checks},
        )
        self._seen = {
            (check, target): seen
            for (check, target), seen in self._seen.items()
            if check in checks and target in labels
        }
        status: dict[tuple[str, ...], float] = {}
        answered: dict[tuple[str, ...], float] = {}
        for (check, target), seen in self._seen.items():
            at = (_safe(check), labels[target])
            for each in Status:
                key = (*at, each.value)
                status[key] = max(status.get(key, 0.0), float(seen.status is each))
            if seen.answered is not None:
                # Of several under one name the one that is furthest behind.
                time = seen.answered.wall.timestamp()
                answered[at] = min(answered.get(at, time), time)
        yield _gauge(
            "watchdog_check_status",
            "What a check last saw of a target: 1 for the status that it has.",
            ("check", "target", "status"),
            status,
        )
        yield _gauge(
            "watchdog_check_last_success_timestamp_seconds",
            "When a check last got an answer about a target, whatever it was.",
            ("check", "target"),
            answered,
        )

    def _cases(self, labels: Mapping[str, str]) -> Iterator[Metric]:
        cases = tuple(self.view.cases())
        open_by: dict[tuple[str, ...], float] = {(severity.value,): 0.0 for severity in Severity}
        for case in cases:
            if case.incident is not None:
                open_by[(case.incident.severity.value,)] += 1
        yield _gauge("watchdog_incidents_open", "Incidents that are open now.", ("severity",), open_by)
        held = {case.target for case in cases if case.hold is not None and not case.hold.released}
        given_up = {case.target for case in cases if case.ledger.given_up}
        maintained = {target for target in labels if self.view.maintained(target)}
        silenced = {target for target in labels if self.view.silenced(target)}
        for name, words, those in (
            ("watchdog_target_held", "1 while watchdog keeps its hands off a target.", held),
            ("watchdog_target_given_up", "1 while a target's attempts are spent.", given_up),
            ("watchdog_target_maintenance", "1 while a target is under maintenance.", maintained),
            ("watchdog_target_silenced", "1 while people are told nothing of a target.", silenced),
        ):
            values: dict[tuple[str, ...], float] = {}
            for target, label in labels.items():
                values[(label,)] = max(values.get((label,), 0.0), float(target in those))
            yield _gauge(name, words, ("target",), values)

    def _daemon(self) -> Iterator[Metric]:
        view = self.view
        yield _single(
            "watchdog_engine_connected", "1 while the engine can be asked.", float(view.connected())
        )
        yield _moment(
            "watchdog_sweep_last_success_timestamp_seconds",
            "When the whole list of containers was last compared with what is known.",
            view.swept(),
        )
        yield _gauge(
            "watchdog_outbox_depth",
            "Notifications that are still to be handed over.",
            ("notifier",),
            {(_safe(notifier),): float(depth) for notifier, depth in self.depths.items()},
        )
        yield _moment(
            "watchdog_heartbeat_last_success_timestamp_seconds",
            "When the outside was last told that all is well with watchdog.",
            self.beaten,
        )
        yield _single(
            "watchdog_config_last_reload_ok",
            "1 if the configuration files were good when they were last read.",
            float(view.config_ok()),
        )
        yield _moment(
            "watchdog_config_last_reload_timestamp_seconds",
            "When the configuration files were last read.",
            view.config_read(),
        )
        build = InfoMetricFamily("watchdog_build", "Which watchdog this is.")
        build.add_metric([], {"version": __version__})
        yield build


def _gauge(
    name: str, words: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _single(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _moment(name: str, words: str, moment: Moment | None) -> GaugeMetricFamily:
    """A time; without a value as long as it never was: a zero would be 1970."""
    family = GaugeMetricFamily(name, words)
    if moment is not None:
        family.add_metric((), moment.wall.timestamp())
    return family


def _safe(name: str) -> str:
    """A name as a label: bounded, and without what some display would obey."""
    return name if _SAFE.fullmatch(name) else OTHER
