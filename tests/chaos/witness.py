"""What the daemon itself wrote down, read when it has ended: its journal, and in its log when it had lost the engine."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.chaos.receiver import key_of
from tests.chaos.record import FOREVER, Incident, Note, Refusal, Span, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a journal holds."""

    incidents: tuple[Incident, ...]
    steps: tuple[Step, ...]
    notes: tuple[Note, ...]
    refusals: tuple[Refusal, ...]
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
        refusals = tuple(
            Refusal(_at(at), target or "", text.partition(":")[0])
            for at, target, text in base.execute(
                "SELECT at, target, text FROM entries WHERE kind = 'decision' ORDER BY id"
            )
        )
    return Written(incidents=incidents, steps=steps, notes=notes, refusals=refusals, held=held)


def count_untold(path: Path, notifier: str) -> int:
    """How many notifications one notifier has still to deliver, by the journal of a daemon that runs."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        (count,) = base.execute(
            "SELECT count(*) FROM outbox LEFT JOIN deliveries ON outbox_id = id AND notifier = ?"
            " WHERE coalesce(state, 'pending') = 'pending'",
            (notifier,),
        ).fetchone()
        return int(count)


def read_losses(log: str, ended: float) -> tuple[list[Span], dict[str, list[Span]]]:
    """While the daemon could not ask the engine, and while it could not see each target: until it could, or began anew."""
    lost: list[Span] = []
    unknown: defaultdict[str, list[Span]] = defaultdict(list)
    since: dict[str, float] = {}
    for said, at in _happenings(log):
        target = str(said.get("target", ""))
        blind = said["event"] == "engine.lost" or said.get("status") == "unknown"
        over = list(since) if said["event"] == "daemon.started" else [] if blind else [target]
        for name in over:
            if name in since:
                (unknown[name] if name else lost).append(Span(since.pop(name), at))
        if blind:
            since.setdefault(target, at)
    for name, begun in since.items():
        (unknown[name] if name else lost).append(Span(begun, ended))
    return lost, dict(unknown)


_TOLD = ("engine.lost", "engine.found", "daemon.started", "observation.changed")


def _happenings(log: str) -> Iterator[tuple[dict[str, object], float]]:
    for line in log.splitlines():
        if not any(name in line for name in _TOLD):
            continue
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if said.get("event") in _TOLD:
            yield said, _seconds(said["timestamp"])


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
