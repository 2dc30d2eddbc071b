"""Loads the configuration again: all of it takes the place of the old one, or nothing does.

It also knows how the configuration stands: whether the files are broken and the daemon runs with the last
good ones, and what waits for a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from watchdog.config import Change, Config, CurrentConfig, Loaded, compare, take_over
from watchdog.core.errors import ConfigError, JournalError
from watchdog.core.happening import Happening, Publish
from watchdog.core.incident import Incident
from watchdog.core.kept import KeptConfig
from watchdog.core.moment import Moment
from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Fact, Finding
from watchdog.plugins import Clock

# What these notifications are about, where others name a target.
ABOUT = "configuration"
_KINDS = (Telling.CONFIG_BROKEN, Telling.CONFIG_MENDED)


class Book(Protocol):
    """The journal, as the reloader needs it."""

    async def note(self, kind: str, text: str, *, now: Moment) -> None:
        """Write one line down."""
        ...

    async def keep_config(self, kept: KeptConfig) -> None:
        """Keep this as the last good configuration."""
        ...

    async def tell(self, notification: Notification) -> None:
        """Write down what is to be told."""
        ...

    async def last_told(self, *tellings: Telling) -> Notification | None:
        """The latest notification of one of these kinds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The files are broken, and this is run with instead. `kept_at`: when that was last good."""

    problems: tuple[str, ...]
    kept_at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """How a reload went. `ok` False: the old configuration stays, because of `problems`.

    Attributes:
        unasked: open incidents whose check is configured no more, by id.
    """

    at: Moment
    by: str
    ok: bool
    changes: tuple[Change, ...] = ()
    problems: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()


class Reloader:
    """One reload at a time.

    Attributes:
        broken: why the daemon runs with the last good configuration; None while it does not.
        latest: how the latest reload went, None before the first.
    """

    def __init__(
        self,
        *,
        load: Callable[[], Loaded],
        current: CurrentConfig,
        journal: Book,
        incidents: Callable[[], tuple[Incident, ...]],
        put_in_force: Callable[[Config], Awaitable[None]],
        told: Callable[[], None],
        clock: Clock,
        publish: Publish,
        broken: Broken | None = None,
    ) -> None:
        self._load = load
        self._current = current
        self._journal = journal
        self._incidents = incidents
        self._put_in_force = put_in_force
        self._told = told
        self._clock = clock
        self._publish = publish
        self._lock = asyncio.Lock()
        self._begun = clock.now()
        self.broken = broken
        self.latest: Reloaded | None = None

    @property
    def ok(self) -> bool:
        """Whether the files were good when they were last read."""
        return self.broken is None and (self.latest is None or self.latest.ok)

    @property
    def read(self) -> Moment:
        """When the files were last read."""
        return self.latest.at if self.latest is not None else self._begun

    @property
    def waiting(self) -> tuple[str, ...]:
        """The keys that were changed and wait for a restart of the daemon."""
        changes = self.latest.changes if self.latest is not None else ()
        return tuple(change.key for change in changes if change.needs_restart)

    async def begin(self, loaded: Loaded | None) -> None:
        """Note what the daemon began with; None: with the last good one, because the files are broken."""
        if self.broken is not None:
            for problem in self.broken.problems:
                self._say("config.problem", problem=problem)
            since = self.broken.kept_at.wall.isoformat(timespec="seconds")
            self._say("config.broken", problems=len(self.broken.problems), last_good=since)
        try:
            if loaded is not None:
                await self._keep(loaded)
            await self._tell()
        except JournalError as error:
            self._say("journal.failed", reason=str(error))

    async def reload(self, by: str) -> Reloaded:
        """Read the files again, and put what they say in force, or keep what is. `by`: who wants it."""
        async with self._lock:
            try:
                loaded = await asyncio.to_thread(self._load)
            except ConfigError as error:
                done = Reloaded(at=self._clock.now(), by=by, ok=False, problems=error.problems)
            else:
                done = await self._replace(loaded, by)
            self.latest = done if done.ok or self.latest is None else _with_changes(done, self.latest)
            await self._note(done)
            return done

    async def _replace(self, loaded: Loaded, by: str) -> Reloaded:
        changes = compare(self._current.config, loaded.config)
        incidents = self._incidents()
        self._current.replace(take_over(self._current.config, loaded.config), incidents)
        await self._put_in_force(self._current.config)
        self.broken = None
        try:
            await self._keep(loaded)
            await self._tell()
        except JournalError as error:
            self._say("journal.failed", reason=str(error))
        asked = {check.name for check in self._current.config.checks}
        unasked = tuple(incident.id for incident in incidents if incident.check not in asked)
        return Reloaded(at=self._clock.now(), by=by, ok=True, changes=changes, unasked=unasked)

    async def _keep(self, loaded: Loaded) -> None:
        kept = KeptConfig(path=loaded.path, files=loaded.files, at=self._clock.now())
        await self._journal.keep_config(kept)

    async def _tell(self) -> None:
        """Tell people that it is broken, or good again; the same only once, whatever restarts in between."""
        last = await self._journal.last_told(*_KINDS)
        was_broken = last is not None and last.telling is Telling.CONFIG_BROKEN
        now = self._clock.now()
        if self.broken is None:
            if not was_broken:
                return
            finding = Finding("config_mended")
            told = Notification(
                telling=Telling.CONFIG_MENDED,
                target=ABOUT,
                at=now,
                finding=finding,
                severity=Severity.WARNING,
            )
        else:
            facts: dict[str, Fact] = {
                "problem": self.broken.problems[0],
                "problems": len(self.broken.problems),
                "since": self.broken.kept_at.wall.strftime("%Y-%m-%d %H:%M UTC"),
            }
            finding = Finding("config_broken", facts)
            if was_broken and last is not None and last.finding == finding:
                return
            told = Notification(
                telling=Telling.CONFIG_BROKEN, target=ABOUT, at=now, finding=finding, facts=facts
            )
        await self._journal.tell(told)
        self._told()

    async def _note(self, done: Reloaded) -> None:
        if done.ok:
            self._say("config.reloaded", by=done.by, changes=len(done.changes))
            text = f"configuration loaded again by {done.by}, changes: {len(done.changes)}"
            keys = ", ".join(f"{change.key} {change.before} -> {change.after}" for change in done.changes)
            kind, text = "config.reloaded", f"{text}: {keys}" if keys else text
        else:
            count, first = len(done.problems), done.problems[0]
            self._say("config.reload_failed", by=done.by, problems=count, problem=first)
            kind = "config.reload_failed"
            text = f"configuration not loaded again by {done.by}, the old one stays; problems: {count}, first: {first}"
        try:
            await self._journal.note(kind, text, now=done.at)
        except JournalError as error:
            self._say("journal.failed", reason=str(error))

    def _say(self, name: str, **facts: Fact) -> None:
        self._publish(Happening(name=name, at=self._clock.now(), facts=facts))


def _with_changes(failed: Reloaded, before: Reloaded) -> Reloaded:
    """A failed reload changes nothing about what waits for a restart."""
    return Reloaded(at=failed.at, by=failed.by, ok=False, problems=failed.problems, changes=before.changes)
