"""The configuration loaded again: over the whole daemon in process, and what becomes of it in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.engine.world import LADDER, World, configure, make_engine
from tests.fakes import FakeClock, FakeCompose, FakeEngine
from watchdog.app import Outside, build, start, stop
from watchdog.config import Config, Loaded, TargetConfig, Watch, Web
from watchdog.core.errors import ConfigError
from watchdog.core.guardrail import Limits
from watchdog.core.happening import Happening
from watchdog.core.kept import KeptConfig
from watchdog.core.notification import Severity
from watchdog.core.playbook import Autonomy, Step
from watchdog.core.target import Wishes
from watchdog.engine.reloader import Broken
from watchdog.gateways.clock import SystemClock
from watchdog.notifiers.log import Log, LogParameters
from watchdog.plugins import Letter

PROBLEMS = ("w.yml:3:8 sweep: 2 has no unit. Fix: write 2s", "w.yml:4:1 guardrais: unknown key")


@dataclass
class Disk:
    """The files: a configuration, or what is wrong with them."""

    config: Config = field(default_factory=configure)
    problems: tuple[str, ...] = ()

    def load(self) -> Loaded:
        if self.problems:
            raise ConfigError(self.problems)
        return Loaded(config=self.config, path="/etc/w.yml", files={"/etc/w.yml": repr(self.config.sweep)})


class Letters(Log):
    """Keeps what it delivers."""

    def __init__(self, name: str) -> None:
        super().__init__(name, LogParameters())
        self.delivered: list[str] = []

    async def deliver(self, letter: Letter) -> str:
        self.delivered.append(letter.news.telling.value)
        return ""


@asynccontextmanager
async def daemon(
    engine: FakeEngine, folder: Path, disk: Disk, broken: Broken | None = None
) -> AsyncIterator[World]:
    """A daemon whose files a test can change."""
    compose = FakeCompose(engine)
    outside = Outside(engine=engine, compose=compose, clock=SystemClock())
    app = await build(disk.config, folder, (), outside, load=disk.load, broken=broken)
    await app.journal.undelivered("test", 1)
    await start(app)
    await app.reloader.begin(None if broken else disk.load())
    try:
        yield World(app=app, engine=engine, compose=compose, state=folder)
    finally:
        await stop(app)


async def test_limits_are_in_force_at_once_while_an_incident_is_open(tmp_path: Path) -> None:
    """One who lowers the attempts in the middle of a crash loop is heard before the next of them."""
    engine, disk = make_engine(), Disk(configure())
    disk.config = replace(disk.config, limits=Limits(first=0.2, longest=0.2, factor=1.0, attempts=5))
    engine.add("app", crashes_on_start=99)
    async with daemon(engine, tmp_path, disk) as world:
        await world.looked("app")
        engine.crash("app", 1)
        await world.until(lambda: ("start", "app") in engine.acts)

        disk.config = replace(disk.config, limits=replace(disk.config.limits, attempts=2))
        done = await world.app.reloader.reload("anna")

        assert [change.key for change in done.changes] == ["guardrails.attempts"]
        incident = await world.newest("escalated")
        assert incident.reason == "attempts-spent"
        assert engine.acts == [("start", "app")] * 2


async def test_a_run_in_flight_ends_with_the_playbook_it_began_with(tmp_path: Path) -> None:
    """A ladder that is rewritten in the middle is climbed to its end; the next incident takes the new one."""
    engine, disk = make_engine(), Disk()
    engine.add("app", crashes_on_start=3)
    async with daemon(engine, tmp_path, disk) as world:
        await world.looked("app")
        engine.crash("app", 1)
        await world.until(lambda: ("start", "app") in engine.acts)

        steps = (LADDER.steps[2],)
        disk.config = replace(disk.config, playbooks={"container-crash": replace(LADDER, steps=steps)})
        await world.app.reloader.reload("anna")
        await world.newest("resolved", within=10)
        assert engine.acts == [("start", "app")] * 3
        assert world.compose.acts == ["app"]

        engine.crash("app", 1)
        await world.until(lambda: world.compose.acts == ["app", "app"], within=10)


async def test_wishes_for_targets_are_heard_at_once(tmp_path: Path) -> None:
    """A target that the file now holds is let go in the middle of an incident; one not enabled is not seen."""
    engine, disk = make_engine(), Disk()
    disk.config = replace(disk.config, limits=Limits(first=30.0))
    engine.add("app", crashes_on_start=99)
    engine.add("db")
    async with daemon(engine, tmp_path, disk) as world:
        await world.looked("app", "db")
        engine.crash("app", 1)
        await world.until(lambda: ("start", "app") in engine.acts)

        wishes = {"app": Wishes(hold=True), "db": Wishes(enabled=False)}
        disk.config = replace(
            disk.config, targets={name: TargetConfig(wishes=wish) for name, wish in wishes.items()}
        )
        await world.app.reloader.reload("anna")

        await world.newest("resolved")
        assert "held" in await world.tellings()
        assert [row["target"] for row in world.app.desk.status()["targets"] if row["target"] == "db"] == []


async def test_notifiers_come_and_go_and_are_told_only_what_is_new(tmp_path: Path) -> None:
    """A notifier that a reload brings gets what is decided from then on."""
    engine, disk = make_engine(), Disk()
    letters, phone = Letters("letters"), Letters("phone")
    disk.config = replace(disk.config, notifiers=(letters,))
    engine.add("app")
    async with daemon(engine, tmp_path, disk) as world:
        await world.looked("app")
        engine.person_stops("app")
        await world.until(lambda: letters.delivered == ["held"])

        disk.config = replace(disk.config, notifiers=(phone,))
        await world.app.reloader.reload("anna")
        engine.person_starts("app")

        await world.until(lambda: phone.delivered == ["released"])
        assert letters.delivered == ["held"]


async def test_what_needs_a_restart_is_named_until_it_had_one(tmp_path: Path) -> None:
    """The engine's socket and the like stay as they are; the next reload says so again."""
    engine, disk = make_engine(), Disk()
    async with daemon(engine, tmp_path, disk) as world:
        disk.config = replace(disk.config, watch=Watch(project="other"), web=Web(listen=None), sweep=30.0)
        for _ in range(2):
            await world.app.reloader.reload("anna")
            assert world.app.reloader.waiting == ("watch.project", "web.listen")
        disk.problems = PROBLEMS
        await world.app.reloader.reload("anna")
        assert world.app.reloader.waiting == ("watch.project", "web.listen")

        status = world.app.desk.status()["config"]
        assert status["needs_restart"] == ["watch.project", "web.listen"]


async def test_a_broken_file_changes_nothing(tmp_path: Path) -> None:
    """All that is wrong is answered, the old configuration stays, who wanted it is written down."""
    engine, disk = make_engine(), Disk()
    engine.add("app")
    async with daemon(engine, tmp_path, disk) as world:
        await world.looked("app")
        disk.problems, disk.config = PROBLEMS, replace(disk.config, autonomy=Autonomy.OBSERVE)

        done = await world.app.reloader.reload("anna")

        assert (done.ok, done.problems) == (False, PROBLEMS)
        assert not world.app.reloader.ok
        assert world.app.desk.status()["config"] | {"read": ""} == {
            "ok": False,
            "broken": False,
            "read": "",
            "last_good": None,
            "problems": list(PROBLEMS),
            "needs_restart": [],
        }
        (entry,) = (e for e in await world.app.journal.recent_entries(50) if e.kind == "config.reload_failed")
        assert "anna" in entry.text
        assert PROBLEMS[0] in entry.text
        engine.crash("app", 1)
        assert (await world.newest("resolved")).ending == "healed"

        disk.problems, disk.config = (), configure()
        assert (await world.app.reloader.reload("anna")).changes == ()
        assert world.app.reloader.ok


async def test_an_incident_whose_check_is_gone_is_named(tmp_path: Path) -> None:
    """Nobody looks after it any more, and nothing breaks on it, neither now nor at the next start."""
    engine, disk = make_engine(), Disk()
    disk.config = replace(disk.config, autonomy=Autonomy.OBSERVE)
    engine.add("app")
    async with daemon(engine, tmp_path, disk) as world:
        await world.looked("app")
        engine.crash("app", 1)
        incident = await world.newest("escalated")
        (check,) = disk.config.checks
        renamed = replace(check, name="renamed", check=type(check.check)("renamed", check.check.parameters))
        disk.config = replace(disk.config, checks=(renamed,))

        done = await world.app.reloader.reload("anna")

        assert done.unasked == (incident.id,)
    async with daemon(engine, tmp_path, disk) as world:
        await world.looked("app")
        await world.app.listener.sweep()


async def test_every_good_configuration_is_kept(tmp_path: Path) -> None:
    """At start and at each reload, with its text; a broken one never."""
    engine, disk = make_engine(), Disk()

    async def kept(world: World) -> KeptConfig:
        found = await world.app.journal.kept_config()
        assert found is not None
        return found

    async with daemon(engine, tmp_path, disk) as world:
        assert (await kept(world)).files == {"/etc/w.yml": "15.0"}
        disk.config = replace(disk.config, sweep=99.0)
        await world.app.reloader.reload("anna")
        assert (await kept(world)).files == {"/etc/w.yml": "99.0"}
        disk.problems = PROBLEMS
        await world.app.reloader.reload("anna")
        assert (await kept(world)).files == {"/etc/w.yml": "99.0"}


async def test_broken_files_at_start_are_told_once_and_their_mending_too(tmp_path: Path) -> None:
    """However often the daemon starts meanwhile; healing goes on by the last good configuration."""
    engine, disk = make_engine(), Disk(problems=PROBLEMS)
    broken = Broken(problems=PROBLEMS, kept_at=SystemClock().now())
    engine.add("app")
    async with daemon(engine, tmp_path, disk, broken) as world:
        assert await world.tellings() == ["config_broken"]
    async with daemon(engine, tmp_path, disk, broken) as world:
        await world.looked("app")
        assert await world.tellings() == ["config_broken"]
        status = world.app.desk.status()
        assert not status["well"]
        assert status["config"]["broken"]
        assert (await world.app.desk.health())["reasons"][-1] == "config-broken"
        engine.crash("app", 1)
        await world.newest("resolved")

        disk.problems = ()
        await world.app.reloader.reload("anna")

        assert (await world.tellings())[-1] == "config_mended"
        assert world.app.desk.status()["config"]["ok"]
        assert await world.app.desk.health() == {"status": "ok", "reasons": []}
    async with daemon(engine, tmp_path, disk) as world:
        assert (await world.tellings()).count("config_mended") == 1


async def test_files_that_were_mended_before_a_start_are_told_too(tmp_path: Path) -> None:
    """Whoever was told that they are broken is told that they are not any more."""
    engine, disk = make_engine(), Disk(problems=PROBLEMS)
    broken = Broken(problems=PROBLEMS, kept_at=SystemClock().now())
    async with daemon(engine, tmp_path, disk, broken):
        disk.problems = ()
    async with daemon(engine, tmp_path, disk) as world:
        assert await world.tellings() == ["config_broken", "config_mended"]


async def test_other_problems_are_told_anew(tmp_path: Path) -> None:
    """A mistake that took the place of another is news."""
    engine, disk = make_engine(), Disk(problems=PROBLEMS)
    at = FakeClock().now()
    for problems in (PROBLEMS, PROBLEMS[1:]):
        async with daemon(engine, tmp_path, disk, Broken(problems=problems, kept_at=at)) as world:
            tellings = await world.tellings()

    assert tellings == ["config_broken"] * 2


async def test_reloads_come_one_after_the_other(tmp_path: Path) -> None:
    """Ten impatient people get ten answers, and the last file is in force."""
    engine, disk = make_engine(), Disk()
    async with daemon(engine, tmp_path, disk) as world:
        disk.config = replace(disk.config, limits=Limits(attempts=9))

        done = await asyncio.gather(*(world.app.reloader.reload(f"p{number}") for number in range(10)))

        assert [len(each.changes) > 0 for each in done] == [True] + [False] * 9


async def test_severity_and_added_steps_are_told_to_who_follows(tmp_path: Path) -> None:
    """What happened is published with who wanted it."""
    engine, disk = make_engine(), Disk()
    async with daemon(engine, tmp_path, disk) as world:
        heard: list[Happening] = []
        world.app.reloader._publish = heard.append
        disk.config = replace(
            disk.config,
            targets={"app": TargetConfig(severity=Severity.CRITICAL)},
            playbooks={"container-crash": replace(LADDER, steps=(Step(action="restart_container"),))},
        )
        await world.app.reloader.reload("anna")
        disk.problems = PROBLEMS
        await world.app.reloader.reload("ben")

        assert [(each.name, each.facts["by"]) for each in heard] == [
            ("config.reloaded", "anna"),
            ("config.reload_failed", "ben"),
        ]
