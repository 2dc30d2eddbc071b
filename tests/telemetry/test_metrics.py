from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from tests.engine.world import World, configure, make_engine
from tests.fakes import FakeClock, FakeCompose
from watchdog.app import Outside, build, start, stop
from watchdog.core.address import Address
from watchdog.core.guardrail import Ledger
from watchdog.core.happening import Happening
from watchdog.core.incident import Act, Case, Hold, Incident
from watchdog.core.moment import Moment
from watchdog.core.notification import Severity
from watchdog.core.observation import Fact, Finding
from watchdog.gateways.clock import SystemClock
from watchdog.telemetry.metrics import MOST_TARGETS, Metrics
from watchdog.telemetry.view import View

ROOT = Path(__file__).parents[2]
RULES = ROOT / "config" / "prometheus" / "watchdog-rules.yml"
FETCHED = ROOT / ".cache" / "prometheus" / "usr" / "bin" / "promtool"


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool") or (str(FETCHED) if FETCHED.exists() else None)
    if found is None:
        pytest.skip("promtool is not here: scripts/install-promtool fetches it on Debian")
    return found


@dataclass
class Scene:
    """A daemon, as far as metrics see one."""

    clock: FakeClock = field(default_factory=FakeClock)
    targets: list[str] = field(default_factory=lambda: ["app", "db"])
    checks: list[str] = field(default_factory=lambda: ["containers"])
    cases: list[Case] = field(default_factory=list)
    connected: bool = True
    swept: Moment | None = None
    config_ok: bool = True
    maintained: frozenset[str] = frozenset()
    silenced: frozenset[str] = frozenset()
    depths: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.metrics = Metrics(
            View(
                targets=lambda: self.targets,
                checks=lambda: self.checks,
                playbooks=lambda: ["container-crash"],
                notifiers=lambda: ["log"],
                cases=lambda: self.cases,
                connected=lambda: self.connected,
                swept=lambda: self.swept,
                config_ok=lambda: self.config_ok,
                config_read=self.clock.now,
                maintained=lambda target: target in self.maintained,
                silenced=lambda target: target in self.silenced,
            )
        )

    def happens(self, name: str, target: str | None = None, **facts: Fact) -> None:
        now = self.clock.now()
        self.metrics.follow(Happening(name=name, at=now, target=target, incident="7", facts=facts))

    def probe(self, target: str, status: str, check: str = "containers") -> None:
        self.happens("probe.ended", target, check=check, status=status, seconds=0.02)

    def text(self) -> str:
        return self.metrics.render(self.depths).decode()

    def value(self, series: str) -> float | None:
        """The value of one series, None when there is none."""
        for line in self.text().splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        return None


def test_a_look_is_shown_by_status_time_and_duration() -> None:
    """One series a status, 1 for the present one; when it was last answered; how long it took."""
    scene = Scene()
    scene.probe("app", "critical")

    labels = 'check="containers",status="{}",target="app"'
    assert scene.value(f"watchdog_check_status{{{labels.format('critical')}}}") == 1
    assert scene.value(f"watchdog_check_status{{{labels.format('ok')}}}") == 0
    last = 'watchdog_check_last_success_timestamp_seconds{check="containers",target="app"}'
    answered = scene.clock.now().wall.timestamp()
    assert scene.value(last) == answered
    assert scene.value('watchdog_probe_duration_seconds_count{check="containers"}') == 1

    scene.clock.advance(60)
    scene.probe("app", "unknown")

    assert scene.value(f"watchdog_check_status{{{labels.format('unknown')}}}") == 1
    assert scene.value(f"watchdog_check_status{{{labels.format('critical')}}}") == 0
    assert scene.value(last) == answered


def test_what_is_gone_is_gone_from_the_metrics() -> None:
    """A target that vanished and a check that was removed leave no series that stands still for ever."""
    scene = Scene(targets=["app", "db"], checks=["containers", "other"])
    scene.probe("app", "ok")
    scene.probe("db", "ok", check="other")
    assert 'target="db"' in scene.text()

    scene.targets, scene.checks = ["app"], ["containers"]

    assert 'target="db"' not in scene.text()
    assert scene.value('watchdog_check_status{check="containers",status="ok",target="app"}') == 1


def test_labels_hold_no_text_from_outside() -> None:
    """A strange name, an unknown check or action is `other`; a reason or a log line is nowhere."""
    evil = 'x"} 1\n# HELP \x1b[2J'
    scene = Scene(targets=[evil, "a" * 200, "app"])
    scene.probe(evil, "ok", check=evil)
    scene.probe("app", "ok")
    scene.happens("engine.event", "app", action=evil, health=None, time=1)
    scene.happens("notification.failed", notifier=evil, reason="hunter2")
    scene.happens("incident.resolved", evil, ending="healed", playbook=evil, attempts=1, seconds=2.0)
    scene.happens("engine.lost", reason="hunter2")

    text = scene.text()

    assert "\x1b" not in text
    assert "hunter2" not in text
    assert "aaaa" not in text
    assert scene.value('watchdog_engine_events_total{action="other"}') == 1
    assert scene.value('watchdog_notifications_total{notifier="other",outcome="failed"}') == 1
    assert scene.value('watchdog_remediations_total{outcome="healed",playbook="other"}') == 1
    assert scene.value('watchdog_target_held{target="other"}') == 0


def test_the_number_of_series_is_bounded() -> None:
    """Of more targets than anybody can look at, the rest goes by one name, and its worst is still seen."""
    scene = Scene(targets=[f"t{number}" for number in range(3000)])
    for target in scene.targets:
        scene.probe(target, "critical" if target == "t2999" else "ok")

    text = scene.text()

    assert len(re.findall(r"^watchdog_check_status\{", text, re.MULTILINE)) == 4 * (MOST_TARGETS + 1)
    assert scene.value('watchdog_check_status{check="containers",status="critical",target="other"}') == 1
    assert len(text) < 500_000


def test_remediations_are_counted_by_playbook_and_outcome() -> None:
    """Only what acted counts as one; the series are there from the start."""
    scene = Scene()
    healed = 'watchdog_remediations_total{outcome="healed",playbook="container-crash"}'
    assert scene.value(healed) == 0

    ended: dict[str, Fact] = {"playbook": "container-crash", "seconds": 4.0}
    scene.happens("incident.resolved", "app", ending="healed", attempts=1, **ended)
    scene.happens("incident.resolved", "db", ending="recovered", attempts=0, **ended)
    scene.happens("incident.escalated", "db", ending=None, attempts=5, **ended)

    assert scene.value(healed) == 1
    assert scene.value('watchdog_remediations_total{outcome="recovered",playbook="container-crash"}') == 0
    assert scene.value('watchdog_remediations_total{outcome="escalated",playbook="container-crash"}') == 1
    assert scene.value("watchdog_time_to_recover_seconds_count") == 2
    assert scene.value("watchdog_time_to_recover_seconds_sum") == 8


def test_detection_is_measured_from_the_engine_s_own_clock() -> None:
    """From the first event of a trouble to its incident; a trouble that was none is forgotten."""
    scene = Scene()

    def died(target: str) -> None:
        time = int(scene.clock.now().wall.timestamp() * 1e9)
        scene.happens("engine.event", target, action="die", health=None, time=time)

    died("app")
    scene.clock.advance(0.5)
    died("app")
    scene.clock.advance(0.5)
    scene.happens("incident.opened", "app", finding="exited")
    died("db")
    scene.happens("observation.changed", "db", status="ok", finding="running")
    scene.clock.advance(50)
    scene.happens("incident.opened", "db", finding="exited")

    assert scene.value("watchdog_time_to_detect_seconds_count") == 1
    assert scene.value("watchdog_time_to_detect_seconds_sum") == pytest.approx(1.0)


def test_how_things_stand_is_read_when_it_is_asked_for() -> None:
    """Open incidents, holds, what was given up, the outbox, the engine, the configuration."""
    scene = Scene(depths={"log": 3})
    now = scene.clock.now()
    incident = Incident(
        id="7",
        check="containers",
        target="app",
        playbook="container-crash",
        severity=Severity.CRITICAL,
        opened=now,
        finding=Finding("exited"),
    )
    hold = Hold(target="db", act=Act.ORDERED, by="anna", since=now)
    scene.cases = [
        Case(
            check="containers",
            target="app",
            ledger=Ledger(target="app", given_up=True),
            incident=incident,
        ),
        Case(check="containers", target="db", ledger=Ledger(target="db"), hold=hold),
    ]
    scene.connected, scene.config_ok, scene.swept = False, False, now
    scene.maintained, scene.silenced = frozenset({"app"}), frozenset({"db"})

    assert scene.value('watchdog_incidents_open{severity="critical"}') == 1
    assert scene.value('watchdog_incidents_open{severity="high"}') == 0
    assert scene.value('watchdog_target_given_up{target="app"}') == 1
    assert scene.value('watchdog_target_given_up{target="db"}') == 0
    assert scene.value('watchdog_target_held{target="db"}') == 1
    assert scene.value('watchdog_target_maintenance{target="app"}') == 1
    assert scene.value('watchdog_target_maintenance{target="db"}') == 0
    assert scene.value('watchdog_target_silenced{target="db"}') == 1
    assert scene.value('watchdog_outbox_depth{notifier="log"}') == 3
    assert scene.value("watchdog_engine_connected") == 0
    assert scene.value("watchdog_config_last_reload_ok") == 0
    assert scene.value("watchdog_sweep_last_success_timestamp_seconds") == now.wall.timestamp()


def test_reconnects_count_only_what_was_lost() -> None:
    """The first connection is none."""
    scene = Scene()
    scene.happens("engine.found")
    assert scene.value("watchdog_engine_reconnects_total") == 0
    scene.happens("engine.lost", reason="refused")
    scene.happens("engine.lost", reason="still refused")
    scene.happens("engine.found")

    assert scene.value("watchdog_engine_reconnects_total") == 1


def test_a_heartbeat_that_never_was_is_no_zero() -> None:
    """1970 would be an alarm for everybody who has no heartbeat; only a success that arrived counts."""
    scene = Scene()
    name = "watchdog_heartbeat_last_success_timestamp_seconds"
    scene.happens("heartbeat.sent", ping="fail", seconds=0.1)
    scene.happens("heartbeat.failed", ping="success", reason="away")
    assert scene.value(name) is None

    scene.happens("heartbeat.sent", ping="success", seconds=0.1)

    assert scene.value(name) == scene.clock.now().wall.timestamp()
    assert scene.value('watchdog_heartbeat_pings_total{outcome="sent"}') == 2
    assert scene.value('watchdog_heartbeat_pings_total{outcome="failed"}') == 1


def test_deliveries_and_lost_writes_are_counted() -> None:
    """Delivered, failed for now, refused for good; and what the journal did not take."""
    scene = Scene()
    scene.happens("notification.delivered", notifier="log")
    scene.happens("notification.failed", notifier="log", reason="away")
    scene.happens("notification.failed", notifier="log", reason="no such chat", permanent=True)
    scene.happens("journal.failed", reason="full")
    scene.happens("daemon.started", version="1")

    for outcome in ("delivered", "failed", "refused"):
        assert scene.value(f'watchdog_notifications_total{{notifier="log",outcome="{outcome}"}}') == 1
    assert scene.value("watchdog_journal_failures_total") == 1


def busy() -> Scene:
    """A scene with something in every metric."""
    scene = Scene(depths={"log": 0})
    scene.swept = scene.clock.now()
    scene.probe("app", "ok")
    scene.happens("engine.event", "app", action="die", health=None, time=1)
    scene.happens("incident.opened", "app", finding="exited")
    scene.happens(
        "incident.resolved", "app", ending="healed", playbook="container-crash", attempts=1, seconds=1.0
    )
    scene.happens("notification.delivered", notifier="log")
    scene.happens("heartbeat.sent", ping="success")
    return scene


def complaints(promtool: str, text: str) -> tuple[int, str]:
    """What promtool has to say of these metrics, with its exit code."""
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_promtool_has_nothing_to_say(promtool: str) -> None:
    """Names, units and types are as Prometheus wants them."""
    text = busy().text()

    assert complaints(promtool, text) == (0, "")


def test_the_rules_are_right_and_fire_when_they_should(promtool: str) -> None:
    """What is shipped for Prometheus is understood by it, and each rule was seen to fire and to be silent."""
    for command in (
        ("check", "rules", str(RULES)),
        ("test", "rules", str(ROOT / "tests" / "prometheus" / "watchdog-rules.test.yml")),
    ):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_ask_for_metrics_that_there_are() -> None:
    """A metric that was renamed would make its rule silent for ever."""
    asked = set(re.findall(r"\bwatchdog_[a-z_]+", RULES.read_text("utf-8")))
    told = set(re.findall(r"^# TYPE (\S+)", busy().text(), re.MULTILINE))

    assert asked
    assert asked <= told


async def test_the_whole_daemon_measures_what_it_does(tmp_path: Path, promtool: str) -> None:
    """One crash, from the engine's event to the outbox, is in the numbers that Prometheus gets over HTTP."""
    engine = make_engine()
    engine.add("app")
    outside = Outside(engine=engine, compose=FakeCompose(engine), clock=SystemClock())
    app = await build(configure(), tmp_path, (), outside, listen=Address("127.0.0.1", 0))
    await start(app)
    try:
        world = World(app=app, engine=engine, compose=FakeCompose(engine), state=tmp_path)
        await world.looked("app")
        engine.crash("app", 1)
        await world.newest("resolved")
        await world.until(lambda: not app.responder.cases()[0].incident)
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{app.web.address}/metrics") as answer,
        ):
            text = await answer.text()
    finally:
        await stop(app)

    lines = text.splitlines()
    for line in (
        'watchdog_check_status{check="containers",status="ok",target="app"} 1.0',
        'watchdog_remediations_total{outcome="healed",playbook="container-crash"} 1.0',
        'watchdog_engine_events_total{action="die"} 1.0',
        "watchdog_time_to_detect_seconds_count 1.0",
        "watchdog_time_to_recover_seconds_count 1.0",
        'watchdog_incidents_open{severity="high"} 0.0',
        "watchdog_engine_connected 1.0",
        "watchdog_config_last_reload_ok 1.0",
    ):
        assert line in lines
    assert complaints(promtool, text) == (0, "")
