"""What people read at the end of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

from tests.chaos.invariants import Broken, Finding, author
from tests.chaos.record import Record

AROUND = 20.0
SHOWN = 60


def report(record: Record, findings: list[Finding]) -> Iterator[str]:
    """The tables, and what went on around each promise that was broken."""
    yield from _faults(record)
    yield from _outcome(record)
    yield ""
    yield f"{'promise':<66} {'checked':>8} {'broken':>7}"
    for finding in findings:
        unasked = "" if finding.checked else "  (not put to the test)"
        yield f"{finding.promise:<66} {finding.checked:>8} {len(finding.broken):>7}{unasked}"
    for finding in findings:
        for broken in finding.broken[:5]:
            yield ""
            yield f"BROKEN: {finding.promise}: {broken.target or 'the stack'}: {broken.text}"
            yield from around(record, broken)


def _faults(record: Record) -> Iterator[str]:
    planned = Counter(fault.kind for fault in record.faults)
    done = Counter(fault.kind for fault in record.faults if fault.done)
    yield ""
    yield f"{'fault':<22} {'brought':>8} {'not then':>9}"
    for kind, count in sorted(planned.items(), key=lambda each: (-each[1], each[0])):
        yield f"{kind:<22} {done[kind]:>8} {count - done[kind]:>9}"
    yield f"{'all':<22} {done.total():>8} {planned.total() - done.total():>9}"


def _outcome(record: Record) -> Iterator[str]:
    events = [told for told in record.events if record.span.holds(told.at)]
    died = [told for told in events if told.action == "die"]
    by = Counter(author(record, told) or "itself" for told in died)
    starts = Counter(author(record, told) for told in events if told.action == "start")
    endings = Counter(each.ending or each.phase for each in record.incidents)
    waits = [
        min(later) - told.at
        for told in died
        if author(record, told) == ""
        and (
            later := [
                start.at
                for start in record.events
                if start.action == "start" and start.service == told.service and start.at > told.at
                if author(record, start) == "daemon"
            ]
        )
    ]
    steps = Counter(f"{step.action} {step.result}" for step in record.steps)
    yield ""
    yield f"deaths: {_all(by)}; starts by: {_all(starts)}"
    yield f"incidents: {_all(endings)}; steps: {_all(steps)}"
    if waits:
        yield f"from a death to our start: median {median(waits):.2f} s, longest {max(waits):.1f} s, of {len(waits)}"
    lost = sum(not post.answered for post in record.posts)
    yield f"daemons: {len(record.births)}; messages: {len(record.notes)} decided, {len(record.posts)} arrived, {lost} answers lost"


def around(record: Record, broken: Broken) -> Iterator[str]:
    """Everything that is known of a target (of the daemon, for none) around a moment, in order."""
    lines = [line for line in _lines(record, broken.target) if abs(line[0] - broken.at) <= AROUND]
    for at, text in sorted(lines)[:SHOWN]:
        yield f"  {at - record.span.begun:8.3f} {'>' if abs(at - broken.at) < 0.001 else ' '} {text}"


def _lines(record: Record, target: str) -> Iterator[tuple[float, str]]:
    yield from _outside(record, target)
    yield from _of_the_daemon(record)
    for each in record.incidents:
        if each.target == target:
            yield each.opened, f"incident {each.id} opened"
            yield each.span.ended, f"incident {each.id} {each.ending}"
    for step in record.steps_on(target):
        again = " again" if step.again else ""
        yield step.begun, f"step {step.id} {step.action}, attempt {step.attempt}, begins{again}"
        end = "ends" if step.seen else "was found to have ended"
        if step.ended is not None:
            yield step.ended, f"step {step.id} {end}: {step.result} {step.reason}"
    for note in record.notes:
        if note.target == target:
            yield note.at, f"told: {note.telling}"


def _outside(record: Record, target: str) -> Iterator[tuple[float, str]]:
    for told in record.events:
        if told.service == target:
            whose = author(record, told) or "nobody"
            yield (
                told.at,
                f"engine: {told.action} {told.container_id[:12]} {dict(told.attributes)} by {whose}",
            )
    for fault in record.faults:
        if not fault.target or target in fault.target.split(", "):
            yield (
                fault.at,
                f"fault: {fault.kind} {fault.target} {'' if fault.done else '- not done: ' + fault.note}",
            )
    for hand in record.hands_on(target):
        yield hand.span.begun, f"person: {hand.act} begins"
        yield hand.span.ended, f"person: {hand.act} returned"


def _of_the_daemon(record: Record) -> Iterator[tuple[float, str]]:
    for life in record.lives:
        yield life.begun, "daemon: answers"
        yield life.ended, "daemon: ended"
    for begun in record.births:
        yield begun, "daemon: launched"
    for span in record.lost:
        yield span.begun, "daemon: engine lost"
        yield span.ended, "daemon: engine found"


def _all(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name or 'nobody'}" for name, count in counted.most_common()) or "none"
