"""What the daemon itself wrote down, read when it has ended: its journal, and in its log when it had lost the engine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.chaos.receiver import key_of
from tests.chaos.record import FOREVER, Incident, Note, Span, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a journal holds."""

    incidents: tuple[Incident, ...]
    steps: tuple[Step, ...]
    notes: tuple[Note, ...]
    held: tuple[tuple[str, float], ...]


def read_journal(path: Path) -> Written:
    """The journal of a daemon that has ended, by its tables and not by its own code."""
    with closing(sqlite3.connect(path)) as base:
        incidents = tuple(
            _incident(json.loads(record), ending)
            for record, ending in base.execute("SELECT record, ending FROM incidents ORDER BY seq")
        )
        steps = tuple(
            Step(
                id=number,
                incident=run,
                target=target,
                action=action,
                attempt=attempt,
                begun=_at(begun),
                ended=None if ended is None else _at(ended),
                seen=ended is not None and not settled,
                again="once more" in text,
                result=result or "",
                reason=str(json.loads(outcome).get("reason", "")) if outcome else "",
            )
            for number, run, target, action, attempt, begun, ended, settled, text, result, outcome in base.execute(
                "SELECT s.id, s.run, r.target, s.action, s.attempt, s.begun, s.ended, s.settled, s.text, s.result,"
                " s.outcome FROM steps s JOIN runs r ON r.incident = s.run WHERE s.action <> 'collect_logs' ORDER BY s.id"
            )
        )
        notes = tuple(
            _note(json.loads(record)) for (record,) in base.execute("SELECT record FROM outbox ORDER BY id")
        )
        held = tuple(
            (target, _at(json.dumps(json.loads(record)["since"])))
            for target, record in base.execute("SELECT target, record FROM holds")
        )
    return Written(incidents=incidents, steps=steps, notes=notes, held=held)


def count_untold(path: Path, notifier: str) -> int:
    """How many notifications one notifier has still to deliver, by the journal of a daemon that runs."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        (count,) = base.execute(
            "SELECT count(*) FROM outbox LEFT JOIN deliveries ON outbox_id = id AND notifier = ?"
            " WHERE coalesce(state, 'pending') = 'pending'",
            (notifier,),
        ).fetchone()
        return int(count)


def read_losses(log: str, ended: float) -> list[Span]:
    """While the daemon said that it could not ask the engine: until it found it, or died."""
    spans: list[Span] = []
    begun: float | None = None
    for name, at in _happenings(log):
        if name == "engine.lost":
            begun = at if begun is None else begun
        elif begun is not None:
            spans.append(Span(begun, at))
            begun = None
    return [*spans, *([] if begun is None else [Span(begun, ended)])]


def _happenings(log: str) -> Iterator[tuple[str, float]]:
    for line in log.splitlines():
        if not any(name in line for name in ("engine.lost", "engine.found", "daemon.started")):
            continue
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if said.get("event") in ("engine.lost", "engine.found", "daemon.started"):
            yield said["event"], _seconds(said["timestamp"])


def _incident(record: dict[str, object], ending: str | None) -> Incident:
    resolved = record.get("resolved")
    return Incident(
        id=str(record["id"]),
        check=str(record["check"]),
        target=str(record["target"]),
        opened=_at(json.dumps(record["opened"])),
        resolved=None if resolved is None else _at(json.dumps(resolved)),
        phase=str(record["phase"]),
        ending=ending,
        others=bool(record.get("part_of")),
    )


def _note(record: dict[str, object]) -> Note:
    at = record["at"]
    assert isinstance(at, dict)
    incident = record.get("incident")
    telling, target = str(record["telling"]), str(record["target"])
    name = None if incident is None else str(incident)
    # Pydantic writes Z where Python writes +00:00.
    wall = datetime.fromisoformat(at["wall"])
    return Note(key_of(telling, target, name, wall.isoformat()), telling, target, name, wall.timestamp())


def _at(moment: str) -> float:
    return _seconds(str(json.loads(moment)["wall"]))


def _seconds(wall: str) -> float:
    return datetime.fromisoformat(wall).timestamp()


__all__ = ["FOREVER", "Written", "read_journal", "read_losses"]
