"""The JSON that people and programs are promised. A key is never renamed, only added.

Every moment is an ISO 8601 time in UTC, every span is in seconds, every `summary` is for people,
in their language, and may change, while `finding`, `state`, `phase` and the like are words from closed lists and may not.

`target` (in the status):
    {target, check, state, word, well, status, summary, finding, seen, settled, evidence, reason,
     since, incident, hold, attempts, given_up, next, commands, maintenance, silence}
    state: well, warning, moving, unknown, not_seen, sick, proposed, waiting, acting, verifying, escalated,
           suppressed, held, asked
    attempts: [{action, at}], those that still count against it
    maintenance, silence: the id of the window because of which it is not touched, or not told of; None without
`window` (a maintenance or a silence):
    {id, purpose, targets, by, why, begun, until, left, over, ended, occurrence, commands}
    targets: None for the whole stack; until, left: None when it lasts until it is ended; occurrence: of a recurring one
`recurring` (maintenance): {name, cron, zone, seconds, targets, next}; `cron` is in the time of `zone`
`observation`: {target, check, status, summary, finding, seen, settled, stopped_by, evidence, measurements}
`incident`: {id, target, check, playbook, severity, phase, ending, word, opened, resolved, seconds, summary,
             finding, attempts, reason, reason_words}
`proposal`: {id, incident, target, playbook, action, does, pins, hash, state, word, by, made, answered, left,
             reason, commands}
    state: open, approved, declined, expired, stale, used
    pins: by name what exactly would be shipped; under `refused` why it would be refused
    left: seconds until no answer is a no
`line` (of a story): {at, kind, text, evidence}
    kind: step.begun, step.ended, told, or the kind of the journal's entry
`happening`: {name, at, target, incident, facts}
`config` (in the status): {ok, broken, read, last_good, problems, needs_restart}
    broken: the files are, and those that were good at `last_good` stand in; ok False without it: a reload failed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from watchdog.core.happening import Happening
from watchdog.core.incident import Act, Case, Hold, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.observation import Finding, Observation, Status
from watchdog.core.proposal import ProposalRecord, ProposalState
from watchdog.core.story import StepRecord, Story, Told
from watchdog.desk.wants import Reloader
from watchdog.engine.reloader import Reloaded
from watchdog.wording import (
    ENGLISH,
    Catalogue,
    describe_finding,
    describe_notification,
    describe_saying,
    plain,
)

Json = dict[str, Any]

_OF_PHASE = {
    Phase.OPEN: "waiting",
    Phase.ACTING: "acting",
    Phase.VERIFYING: "verifying",
    Phase.ESCALATED: "escalated",
    Phase.SUPPRESSED: "suppressed",
}
_WELL = frozenset({"well", "warning", "held"})


def shape_target(
    target: str,
    case: Case | None,
    seen: Observation | None,
    reason: str,
    now: Moment,
    *,
    words: Catalogue = ENGLISH,
    maintenance: str | None = None,
    silence: str | None = None,
) -> Json:
    """How one target stands."""
    state = _state(case, seen)
    incident = case.incident if case else None
    hold = case.hold if case and case.hold and not case.hold.released else None
    standing = words.standings[state]
    since = incident.opened if incident else hold.since if hold else None
    ledger = case.ledger if case else None
    return {
        "target": target,
        "check": seen.check if seen else case.check if case else None,
        "state": state,
        "word": standing.word,
        "well": state in _WELL or (state == "moving" and seen is not None and seen.status is Status.OK),
        "status": seen.status.value if seen else None,
        "summary": describe_finding(seen.finding, words) if seen else "",
        "finding": shape_finding(seen.finding) if seen else None,
        "seen": shape_moment(seen.at) if seen else None,
        "settled": seen.settled if seen else False,
        "evidence": [plain(line) for line in seen.evidence] if seen else [],
        "reason": describe_saying(reason, words),
        "since": shape_moment(since) if since else None,
        "incident": shape_incident(incident, now, words) if incident else None,
        "hold": _hold(hold, words) if hold else None,
        "attempts": [{"action": a.action, "at": shape_moment(a.at)} for a in ledger.attempts]
        if ledger
        else [],
        "given_up": ledger.given_up if ledger else False,
        "next": standing.next,
        "commands": [
            command.format(
                target=plain(target),
                incident=incident.id if incident else "",
                proposal=incident.proposal.id if incident and incident.proposal else "",
            )
            for command in standing.commands
        ],
        "maintenance": maintenance,
        "silence": silence,
    }


def shape_observation(seen: Observation, words: Catalogue = ENGLISH) -> Json:
    """One look."""
    return {
        "target": seen.target,
        "check": seen.check,
        "status": seen.status.value,
        "summary": describe_finding(seen.finding, words),
        "finding": shape_finding(seen.finding),
        "seen": shape_moment(seen.at),
        "settled": seen.settled,
        "stopped_by": seen.stopped_by.value if seen.stopped_by else None,
        "evidence": [plain(line) for line in seen.evidence],
        "measurements": dict(seen.measurements),
    }


def shape_incident(incident: Incident, now: Moment, words: Catalogue = ENGLISH) -> Json:
    """One incident. `seconds` is how long it lasted, or has lasted until now."""
    end = incident.resolved or now
    word = words.endings[incident.ending.value] if incident.ending else words.phases[incident.phase.value]
    return {
        "id": incident.id,
        "target": incident.target,
        "check": incident.check,
        "playbook": incident.playbook,
        "severity": incident.severity.value,
        "phase": incident.phase.value,
        "ending": incident.ending.value if incident.ending else None,
        "word": word,
        "opened": shape_moment(incident.opened),
        "resolved": shape_moment(incident.resolved) if incident.resolved else None,
        "seconds": round(end.seconds_since(incident.opened), 3),
        "summary": describe_finding(incident.finding, words),
        "finding": shape_finding(incident.finding),
        "attempts": incident.attempts,
        "reason": incident.reason,
        "reason_words": words.reasons.get(incident.reason, plain(incident.reason)),
    }


def shape_story(story: Story, now: Moment, words: Catalogue = ENGLISH) -> Json:
    """An incident with everything that was written down of it, as lines in the order of time."""
    lines = [
        (entry.at, _line(entry.at, entry.kind, describe_saying(entry.text, words))) for entry in story.entries
    ]
    for step in story.steps:
        lines += _step_lines(step, words)
    lines += [_told_line(told, words) for told in story.told]
    # The sort is stable: what happened in one instant stays in the order above.
    lines.sort(key=lambda line: line[0].wall)
    return {"incident": shape_incident(story.incident, now, words), "timeline": [line for _, line in lines]}


def shape_happening(happening: Happening) -> Json:
    """One happening."""
    return {
        "name": happening.name,
        "at": shape_moment(happening.at),
        "target": happening.target,
        "incident": happening.incident,
        "facts": {name: plain(f) if isinstance(f, str) else f for name, f in happening.facts.items()},
    }


def shape_config(reloader: Reloader) -> Json:
    """How the configuration stands."""
    broken, latest = reloader.broken, reloader.latest
    failed = latest.problems if latest is not None and not latest.ok else ()
    problems = failed or (broken.problems if broken is not None else ())
    return {
        "ok": not problems,
        "broken": broken is not None,
        "read": shape_moment(reloader.read),
        "last_good": shape_moment(broken.kept_at) if broken is not None else None,
        "problems": [plain(problem) for problem in problems],
        "needs_restart": list(reloader.waiting),
    }


def shape_reloaded(done: Reloaded) -> Json:
    """How a reload went."""
    return {
        "ok": done.ok,
        "at": shape_moment(done.at),
        "by": plain(done.by),
        "changes": [asdict(change) for change in done.changes],
        "needs_restart": [change.key for change in done.changes if change.needs_restart],
        "problems": [plain(problem) for problem in done.problems],
        "unasked": list(done.unasked),
    }


def shape_proposal(proposal: ProposalRecord, now: Moment, words: Catalogue = ENGLISH) -> Json:
    """One proposal, as it was shown and as it stands."""
    return {
        "id": proposal.id,
        "incident": proposal.incident,
        "target": proposal.target,
        "playbook": proposal.playbook,
        "action": proposal.action,
        "does": describe_saying(proposal.text, words),
        "pins": {name: plain(value) for name, value in proposal.pins.items()},
        "hash": proposal.hash,
        "state": proposal.state.value,
        "word": words.proposals[proposal.state.value],
        "by": plain(proposal.by),
        "made": shape_moment(proposal.made),
        "answered": shape_moment(proposal.answered) if proposal.answered else None,
        "left": round(proposal.left(now), 3),
        "reason": describe_saying(proposal.reason, words),
        "commands": [
            f"watchdog approve {proposal.id}",
            f"watchdog decline {proposal.id}",
        ]
        if proposal.state is ProposalState.OPEN
        else [],
    }


def shape_finding(finding: Finding) -> Json:
    """A finding, for programs."""
    return {"kind": finding.kind, "facts": dict(finding.facts)}


def shape_moment(moment: Moment) -> str:
    """The wall clock's time of a moment."""
    return moment.wall.isoformat(timespec="milliseconds")


def _state(case: Case | None, seen: Observation | None) -> str:
    hold = case.hold if case else None
    if hold is not None and not hold.released:
        return "asked" if hold.act is Act.UNCLEAR else "held"
    incident = case.incident if case is not None else None
    if incident is not None and incident.phase in _OF_PHASE:
        # A target that came back by itself is being verified: its proposal is open still, but waits for nothing.
        asking = incident.proposal is not None and not incident.proposal.approved_by
        return "proposed" if asking and incident.phase is Phase.OPEN else _OF_PHASE[incident.phase]
    if seen is None:
        return "not_seen"
    if seen.status is Status.UNKNOWN:
        return "unknown"
    if not seen.settled:
        return "moving"
    return {Status.OK: "well", Status.WARNING: "warning"}.get(seen.status, "sick")


def _hold(hold: Hold, words: Catalogue) -> Json:
    by, since = describe_saying(hold.by, words), shape_moment(hold.since)
    return {"act": hold.act.value, "by": by, "since": since, "words": words.acts[hold.act.value]}


def _line(at: Moment, kind: str, text: str, evidence: tuple[str, ...] = (), **more: Any) -> Json:
    lines = [plain(line) for line in evidence]
    return {"at": shape_moment(at), "kind": kind, "text": text, "evidence": lines, **more}


def _step_lines(step: StepRecord, words: Catalogue) -> list[tuple[Moment, Json]]:
    facts: Mapping[str, Any] = {"action": step.action, "attempt": step.attempt}
    action = words.actions.get(step.action, step.action)
    text = words.step_begun.format(action=action, attempt=step.attempt)
    if step.text and step.text != f"{step.action} on {step.target}":
        text += f", {describe_saying(step.text, words)}"
    begun = _line(step.begun, "step.begun", text, **facts)
    lines = [(step.begun, begun)]
    if step.ended is not None and step.outcome is not None:
        outcome = step.outcome
        reason, result = describe_saying(outcome.reason, words), words.results[outcome.result.value]
        because = words.because.format(reason=reason) if reason else ""
        text = words.happenings["step.ended"].format(action=action, result=result, because=because)
        if step.settled:
            text += words.settled
        more = {**facts, "result": outcome.result.value}
        ended = _line(step.ended, "step.ended", text, outcome.evidence, **more)
        lines.append((step.ended, ended))
    return lines


def _told_line(told: Told, words: Catalogue) -> tuple[Moment, Json]:
    at = told.notification.at
    message = describe_notification(told.notification, words)
    deliveries = [
        {"notifier": d.notifier, "state": d.state.value, "attempts": d.attempts, "error": plain(d.error)}
        for d in told.deliveries
    ]
    return at, _line(at, "told", message.title, deliveries=deliveries)
