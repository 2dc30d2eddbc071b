"""A damaged journal is set aside, never repaired and never overwritten; what can be read of it is taken over."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from watchdog.core.check_in import CheckIn
from watchdog.core.errors import JournalError
from watchdog.core.guardrail import Ledger
from watchdog.core.incident import Hold, Incident
from watchdog.core.kept import KeptConfig
from watchdog.core.maintenance import Window
from watchdog.core.notification import Notification
from watchdog.core.preflight import FirstSight
from watchdog.core.proposal import ProposalRecord
from watchdog.core.roster import Known
from watchdog.core.warned import Warned
from watchdog.gateways.journal_opening import companions, sync_folder, within
from watchdog.gateways.journal_rows import load

# So many damaged journals are kept: the first, from before all of the trouble, and the latest ones.
KEPT = 5
# Rows of one table, and seconds: what is larger or slower is left where it lies.
MOST, WITHIN = 1000, 2.0
_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class _Table:
    """What is taken over of a table: the latest rows, each with its record still readable as one of `kind`."""

    name: str
    order: str = "rowid"
    kind: type[Any] | None = None


# In the order in which they refer to each other. The lines of the story stay where they lie.
_TABLES = (
    _Table("kept_config", kind=KeptConfig),
    _Table("cases", "target"),
    _Table("ledgers", kind=Ledger),
    _Table("holds", kind=Hold),
    _Table("warnings", kind=Warned),
    _Table("targets", kind=Known),
    _Table("first_sights", kind=FirstSight),
    _Table("incidents", kind=Incident),
    _Table("runs"),
    _Table("steps"),
    _Table("proposals", kind=ProposalRecord),
    _Table("windows", kind=Window),
    _Table("check_ins", kind=CheckIn),
    _Table("disk_samples", "at"),
    _Table("freezes"),
    _Table("misconduct", "check_name"),
)
# All of them or none: half of what was delivered would be told a second time.
_NEWS = (_Table("notifiers", "name"), _Table("outbox", kind=Notification), _Table("deliveries", "outbox_id"))


def set_aside(path: Path, now: datetime) -> Path:
    """Move the journal and its companions out of the way; returns its new name, which says when.

    Raises:
        OSError: it cannot be moved.
    """
    name = f"{path.name}.damaged-{now.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}"
    taken = [_number(each, name) for each in path.parent.glob(f"{name}*")]
    aside = path.with_name(f"{name}-{max(taken) + 1}" if taken else name)
    path.rename(aside)
    for old, new in zip(companions(path), companions(aside), strict=True):
        with suppress(FileNotFoundError):
            old.rename(new)
    _thin_out(path)
    sync_folder(path)
    return aside


def carry_over(aside: Path, fresh: sqlite3.Connection) -> dict[str, int]:
    """Take over what can still be read, into a fresh journal; how many rows of each table. Never raises for damage."""
    carried: dict[str, int] = {}
    for way in ("mode=ro", "immutable=1"):
        with (
            suppress(*_UNREADABLE),
            closing(sqlite3.connect(f"{aside.as_uri()}?{way}", uri=True, isolation_level=None)) as old,
            within(old, WITHIN),
        ):
            old.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            fresh.execute("BEGIN IMMEDIATE")
            try:
                for table in _TABLES:
                    rows, _ = _read(old, fresh, table)
                    carried[table.name] = _put(fresh, table, rows)
                news = [(table, *_read(old, fresh, table)) for table in _NEWS]
                if all(whole for _, _, whole in news):
                    for table, rows, _ in news:
                        carried[table.name] = _put(fresh, table, rows)
                fresh.execute("COMMIT")
            except BaseException:
                if fresh.in_transaction:
                    fresh.execute("ROLLBACK")
                raise
            return {name: count for name, count in carried.items() if count}
    return {}


def _read(
    old: sqlite3.Connection, fresh: sqlite3.Connection, table: _Table
) -> tuple[list[dict[str, Any]], bool]:
    """The rows, latest first as far as they could be read, and whether that is all of them."""
    names = [
        name
        for _, name, *_, hidden in fresh.execute(f"PRAGMA table_xinfo({table.name})")
        if not hidden  # else made by the table itself
    ]
    rows: list[dict[str, Any]] = []
    try:
        there = {name for _, name, *_ in old.execute(f"PRAGMA table_xinfo({table.name})")}
        names = [name for name in names if name in there]
        # A page at a time is read as the rows are asked for: those before a torn one are had.
        cursor = old.execute(
            f"SELECT {', '.join(names)} FROM {table.name} ORDER BY {table.order} DESC LIMIT {MOST + 1}"  # noqa: S608 - names of ours
        )
        rows.extend(dict(zip(names, row, strict=True)) for row in cursor)
    except _UNREADABLE:
        return rows, False
    return rows[:MOST], len(rows) <= MOST


def _put(fresh: sqlite3.Connection, table: _Table, rows: list[dict[str, Any]]) -> int:
    put = 0
    for row in reversed(rows):
        with suppress(*_UNREADABLE, JournalError):
            if table.kind is not None:
                load(table.kind, row["record"])
            marks = ", ".join("?" * len(row))
            put += fresh.execute(
                f"INSERT OR IGNORE INTO {table.name} ({', '.join(row)}) VALUES ({marks})",  # noqa: S608 - the same
                tuple(row.values()),
            ).rowcount
    return put


def _number(aside: Path, name: str) -> int:
    """The how-manieth of that second it is, from its name or that of a companion."""
    number = aside.name.removeprefix(name).removesuffix("-wal").removesuffix("-shm").removeprefix("-")
    return int(number) if number.isdecimal() else 1


def _thin_out(path: Path) -> None:
    names = (each.name for each in path.parent.glob(f"{path.name}.damaged-*"))
    found = [path.with_name(name) for name in names if not name.endswith(("-wal", "-shm"))]
    # By their second, then by their number in it.
    dated = len(f"{path.name}.damaged-2026-11-23T09-41-02Z")
    found.sort(key=lambda each: (each.name[:dated], _number(each, each.name[:dated])))
    for each in found[1 : max(1, len(found) - KEPT + 1)]:
        for file in (each, *companions(each)):
            file.unlink(missing_ok=True)
