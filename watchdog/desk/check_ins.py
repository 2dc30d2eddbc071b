"""The door for jobs: who may check in, how often, and what is remembered of it."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from watchdog.core.check_in import CheckIn, Ping, Signal, allow
from watchdog.core.errors import JournalError
from watchdog.core.moment import Moment
from watchdog.plugins import Clock

# Of what came with a signal so much is kept.
LONGEST_NOTE = 2000


class Taken(StrEnum):
    """What became of a signal."""

    TAKEN = "taken"
    UNKNOWN = "unknown"  # no such job, or not its token: nobody is told which
    TOO_MANY = "too_many"


class Keeps(Protocol):
    """Where it is remembered: the journal."""

    async def save_check_in(self, record: CheckIn) -> None:
        """Write what is known of one job."""
        ...

    async def check_ins(self) -> tuple[CheckIn, ...]:
        """What is known of all jobs."""
        ...


class CheckIns:
    """All jobs that are expected, with their tokens; also `plugins.LastCheckIns`."""

    def __init__(
        self,
        store: Keeps,
        clock: Clock,
        redact: Callable[[str], str],
        changed: Callable[[str], None],
    ) -> None:
        """`changed` hears the name of each job that said something: it is to be looked at."""
        self._store = store
        self._clock = clock
        self._redact = redact
        self._changed = changed
        self._tokens: dict[str, bytes] = {}
        self._known: dict[str, CheckIn] = {}
        self._expecting = False
        self._recent: dict[str, tuple[Moment, ...]] = {}

    async def expect(self, tokens: Mapping[str, str]) -> None:
        """Take signals of these jobs from now on, each by its token, and of no others. At start and after a reload.

        A job whose token is "" is expected, and cannot check in. Raises JournalError.
        """
        known = {record.name: record for record in await self._store.check_ins()}
        if self._expecting:
            # Who was not expected until now could say nothing: what is known of it is of another time.
            known = {name: record for name, record in known.items() if name in self._known}
        now, self._expecting = self._clock.now(), True
        for name in tokens:
            if name not in known:
                known[name] = CheckIn(name=name, expected=now)
                await self._store.save_check_in(known[name])
        self._known = {name: self._known.get(name, known[name]) for name in tokens}
        self._tokens = {name: _digest(token) for name, token in tokens.items() if token}
        self._recent = {name: self._recent.get(name, ()) for name in tokens}

    def last(self, name: str) -> CheckIn | None:
        """What is known of a job, None if it is not expected."""
        return self._known.get(name)

    def names(self) -> Iterable[str]:
        """The jobs that can check in."""
        return tuple(self._tokens)

    def may(self, name: str, token: str) -> bool:
        """Whether this is the token of this job. Takes as long for a job that there is not."""
        right = self._tokens.get(name)
        same = hmac.compare_digest(_digest(token), right or _digest(""))
        return same and right is not None

    async def take(
        self, name: str, token: str, signal: Signal, exit_status: int | None = None, note: str = ""
    ) -> Taken:
        """Take one signal of a job."""
        if not self.may(name, token):
            return Taken.UNKNOWN
        now = self._clock.now()
        taken, self._recent[name] = allow(self._recent[name], now)
        if not taken:
            return Taken.TOO_MANY
        kept = self._redact(note)[:LONGEST_NOTE]
        ping = Ping(signal=signal, at=now, exit_status=exit_status, note=kept)
        record = self._known[name] = self._known[name].after(ping)
        with suppress(JournalError):
            # It came, and counts: what is lost at worst is that it came, should the daemon die before the next one.
            await self._store.save_check_in(record)
        self._changed(name)
        return Taken.TAKEN


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "replace")).digest()
