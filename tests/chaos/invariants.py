"""The promises that hold whatever comes, each asked of the record of a run by itself.

Each check counts how often it had something to look at: a promise that was never put to the test was not kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.chaos.record import FOREVER, TAKES, Act, Incident, Record, Span, Step
from tests.scenarios.engine_log import ACTS, Told

# What was ordered before a person's hand could be heard of may still be carried out by the engine.
IN_FLIGHT = 1.0
# A command that was sent to the engine by a daemon that died, or by Compose on its behalf, is carried out all the same.
ORPHANED = 15.0
# The journal's moments are written a little before and after what the engine tells.
SLACK = 0.3
# A hold is told after so long, and what is told is written a moment later.
TOLD_AFTER = 3.0
ENDS = frozenset({"healed", "recovered", "held", "asked", "storm_over"})
IN_ANOTHERS = frozenset({"affected", "followed"})


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that was broken: when, of which target, and how."""

    at: float
    target: str
    text: str


@dataclass(slots=True)
class Finding:
    """What became of one promise: how often it was put to the test, and each time that it was broken."""

    promise: str
    checked: int = 0
    broken: list[Broken] = field(default_factory=list)

    def look(self, truth: object, at: float, target: str, text: str) -> None:
        """Put it to the test once."""
        self.checked += 1
        if not truth:
            self.broken.append(Broken(at, target, text))


def author(record: Record, told: Told) -> str:
    """Whose act an event of the engine is: person, daemon, engine, or "" for nobody's that is known.

    A death is the doing of who sent the signal before it, and the container's own if nobody did.
    """
    if told.action == "die":
        cause = _signal_before(record, told)
        return author(record, cause) if cause is not None else ""
    if any(hand.span.holds(told.at, 0, SLACK) for hand in record.hands_on(told.service)):
        return "person"
    if _step_behind(record, told) is not None:
        return "daemon"
    return "engine" if told.service in record.rules.engine_restarts and told.action == "start" else ""


def _step_behind(record: Record, told: Told) -> Step | None:
    """The latest step of ours that was at work on the target then."""
    for step in reversed(record.steps_on(told.service)):
        # Failed: it may be that only the engine's answer was lost.
        sure = step.seen and step.result != "failed"
        if record.work(step).holds(told.at, 0, SLACK if sure else ORPHANED):
            return step
    return None


def _signal_before(record: Record, died: Told) -> Told | None:
    """The first signal to the container in the life that ended."""
    first = None
    for told in record.events:
        if told.container_id != died.container_id:
            continue
        if told is died:
            break
        if told.action == "start":
            first = None
        elif told.action == "kill" and first is None:
            first = told
    return first


def respects_people(record: Record) -> Finding:
    """I1. From a person's stop until a person starts it, nobody does."""
    finding = Finding("no start after a human stop")
    for target in record.rules.services:
        events = [told for told in record.events if told.service == target]
        for taken, until in _taken(record, target, events):
            starts = [
                told
                for told in events
                if told.action in ("start", "unpause")
                and taken < told.at < until
                and author(record, told) != "person"
            ]
            if starts and starts[0].at < taken + IN_FLIGHT:
                continue  # it was under way: whoever came first, it is up again, and no more a person's
            if _is_taken_for_our_own(record, target, taken):
                continue
            at = starts[0].at if starts else taken
            finding.look(
                not starts, at, target, f"started {at - taken:.1f} s after a person had taken it down"
            )
    return finding


def _is_taken_for_our_own(record: Record, target: str, taken: float) -> bool:
    """A known weak point (docs/critiques.md): no daemon lived, and a step on this very target had been cut short."""
    if any(life.holds(taken) for life in record.lives):
        return False
    before = [step for step in record.steps_on(target) if step.begun < taken]
    return (
        bool(before)
        and not before[-1].seen
        and not any(before[-1].begun < birth < taken for birth in record.births)
    )


def _taken(record: Record, target: str, events: Sequence[Told]) -> Iterator[tuple[float, float]]:
    """From when until when a target was a person's: taken down by a hand that did it, until the next that gave it back."""
    hands = record.hands_on(target)
    for index, hand in enumerate(hands):
        if hand.act not in TAKES:
            continue
        what = "pause" if hand.act is Act.PAUSE else "die"
        ends = [told.at for told in events if told.action == what and hand.span.holds(told.at, 0, IN_FLIGHT)]
        if not ends:
            continue  # it was down before: nobody can hear of it
        back = next(
            (later.span.begun for later in hands[index + 1 :] if later.act not in TAKES), record.span.ended
        )
        yield ends[-1], back


def keeps_its_distance(record: Record) -> Finding:
    """I2. By the engine's events alone: each start of ours waits for its turn in the backoff, and there are so many."""
    finding = Finding("starts per target within the backoff")
    waits = record.rules.waits
    for target in record.rules.services:
        mine = [
            told
            for told in record.events
            if told.service == target and told.action == "start" and author(record, told) == "daemon"
        ]
        number = 0
        for before, told in pairwise(mine):
            gap = told.at - before.at
            if gap >= record.rules.forget_after:
                number = 0
                continue
            first, second = _step_behind(record, before), _step_behind(record, told)
            if first is None or second is None or second.again or not first.seen:
                continue  # cut short, and repeated: see below
            number += 1
            if number >= len(waits):
                finding.look(False, told.at, target, f"start {number + 1}, and {len(waits)} are allowed")
            else:
                text = f"start {number + 1} came {gap:.2f} s after the one before, {waits[number]:g} s are promised"
                finding.look(gap >= waits[number] - SLACK, told.at, target, text)
    return finding


def counts_its_attempts(record: Record) -> Finding:
    """I2. By the journal: attempts count up, wait their time, and what was cut short is repeated once at most."""
    finding = Finding("attempts counted, in time, repeated once at most")
    waits = record.rules.waits
    for target in record.rules.services:
        repeats = Counter[str]()
        for one, two in pairwise(record.steps_on(target)):
            at = f"{two.action}, attempt {two.attempt} after {one.attempt}"
            if two.again:
                repeats[two.incident] += 1
                finding.look(repeats[two.incident] == 1, two.begun, target, f"{at}: repeated more than once")
            elif two.attempt > one.attempt:
                end = (
                    one.ended if one.ended is not None and one.seen and one.result != "aborted" else one.begun
                )
                wait = waits[two.attempt - 1] if two.attempt <= len(waits) else FOREVER
                text = f"{at}: {two.begun - end:.2f} s later, {wait:g} s are promised"
                finding.look(two.begun - end >= wait - 0.05, two.begun, target, text)
            else:
                # Forgotten: it had been well for long enough; or killed between counting and doing.
                well = two.begun - (one.ended or one.begun)
                text = f"{at}: forgotten after {well:.1f} s, {record.rules.forget_after:g} s are promised"
                counted = two.attempt == one.attempt and one.incident == two.incident
                finding.look(well >= record.rules.forget_after and not counted, two.begun, target, text)
    return finding


def acts_alone(record: Record) -> Finding:
    """I3. Never two steps on one target."""
    finding = Finding("never two actions on one target")
    for target in record.rules.services:
        for one, two in pairwise(record.steps_on(target)):
            clear = not record.work(one).meets(record.work(two))
            finding.look(clear, two.begun, target, f"{two.action} began while {one.action} ran")
    return finding


def acts_within_the_limit(record: Record) -> Finding:
    """I3. At most so many at once, and so many in a window: but for repeats, and for the starts of a storm, which are planned."""
    finding = Finding("concurrent actions, and actions in a window, within the limit")
    steps = sorted(record.steps, key=lambda step: step.begun)
    storms = [each.span for each in record.incidents if each.target not in record.rules.services]
    for index, step in enumerate(steps):
        beside = [each for each in steps[: index + 1] if record.work(each).ended > step.begun]
        names = ", ".join(each.target for each in beside)
        text = f"{len(beside)} at once ({names}), {record.rules.at_once} are allowed"
        finding.look(len(beside) <= record.rules.at_once, step.begun, step.target, text)
        counted = [
            each for each in steps[: index + 1] if step.begun - each.begun < record.rules.window - SLACK
        ]
        recent = [
            each for each in counted if not each.again and not any(span.holds(each.begun) for span in storms)
        ]
        text = f"{len(recent)} within {record.rules.window:g} s, {record.rules.actions} are allowed"
        finding.look(len(recent) <= record.rules.actions, step.begun, step.target, text)
    return finding


def forgets_nobody(record: Record) -> Finding:
    """I4. Two sweeps after a death, of the time in which it could look: it runs again, or an incident is open."""
    finding = Finding("every death healed, or with an open incident, within two sweeps")
    for told in record.events:
        if told.action != "die" or told.attributes.get("exitCode") == "0":
            continue
        if author(record, told) in ("person", "daemon"):
            continue
        deadline = _deadline(record, told)
        if deadline > record.span.ended:
            continue
        known = _is_up_again(record, told, deadline) or _is_known(record, told, deadline)
        text = (
            f"died with {told.attributes.get('exitCode')}, and {deadline - told.at:.1f} s later nobody knew"
        )
        finding.look(known, told.at, told.service, text)
    return finding


def _deadline(record: Record, told: Told) -> float:
    """When two sweeps of time are over in which the target could be looked at, and was not in maintenance."""
    left, at = 2 * record.rules.sweep + SLACK, told.at
    off = [window.span for window in record.windows if window.target == told.service]
    off += [*record.closed, *record.lost]
    while left > 0 and at < record.span.ended:
        watched = any(life.holds(at) for life in record.lives) and not any(
            span.holds(at, 0, 1.0) for span in off
        )
        left -= 0.1 if watched else 0.0
        at += 0.1
    return at if left <= 0 else FOREVER


def _is_up_again(record: Record, died: Told, deadline: float) -> bool:
    return any(
        told.service == died.service and told.action in ("start", "destroy") and died.at < told.at <= deadline
        for told in record.events
    )


def _is_known(record: Record, died: Told, deadline: float) -> bool:
    target = died.service
    if any(
        each.target == target and each.opened <= deadline and each.span.ended >= died.at
        for each in record.incidents
    ):
        return True
    # Who did it is not known of what fell while nobody looked: people are asked. Or a person came meanwhile.
    seen = any(life.holds(died.at) for life in record.lives)
    seen = seen and not any(span.holds(died.at, 1.0, 1.0) for span in (*record.closed, *record.lost))
    by_person = any(hand.span.holds(died.at, 2.0, deadline - died.at) for hand in record.hands_on(target))
    if seen and not by_person:
        return False
    told = any(
        note.target == target and note.telling in ("held", "asked") and note.at <= deadline + TOLD_AFTER
        for note in record.notes
    )
    return told or by_person or any(name == target and since <= deadline for name, since in record.held)


def ends_each_story(record: Record) -> Finding:
    """I5. One incident of a target at a time; each is closed once, and told so, or given up, or waits for what it says."""
    finding = Finding("every incident closed once, or given up")
    told = defaultdict[str, list[str]](list)
    for note in record.notes:
        if note.incident is not None and note.telling not in IN_ANOTHERS:
            told[note.incident].append(note.telling)
    by_target = defaultdict[tuple[str, str], list[Incident]](list)
    for incident in sorted(record.incidents, key=lambda each: (each.opened, each.id)):
        by_target[incident.check, incident.target].append(incident)
        said = told[incident.id]
        ends = sum(telling in ENDS for telling in said)
        at = incident.opened if incident.resolved is None else incident.resolved
        name = f"incident {incident.id}"
        if incident.resolved is None:
            state, why = record.rest.get(incident.target, ("", ""))
            waits = incident.phase == "escalated" or why.endswith("to go") or _has_a_cause(record, incident)
            waits = waits or "flapping" in said  # is over only when it has been steady for long
            text = f"{name} is {incident.phase} ({state}, {why}), told {said}"
            finding.look(waits and not ends, at, incident.target, text)
        else:
            whole = ends == 1 or (not said and incident.others)
            finding.look(
                whole and incident.ending, at, incident.target, f"{name}, {incident.ending}, told {said}"
            )
        finding.look(said.count("opened") <= 1, at, incident.target, f"{name} opened more than once: {said}")
    for (_, target), mine in by_target.items():
        for one, two in pairwise(mine):
            apart = one.span.ended <= two.opened
            finding.look(apart, two.opened, target, f"{two.id} was opened while {one.id} was open")
    return finding


def _has_a_cause(record: Record, incident: Incident) -> bool:
    """Whether it waits for something that is in trouble, or in a person's hands, or for the end of a storm."""
    if incident.phase != "suppressed":
        return False
    troubled = {each.target for each in record.incidents if each.resolved is None and each.id != incident.id}
    troubled |= {target for target, _ in record.held}
    beneath, found = list(record.rules.needs.get(incident.target, ())), set[str]()
    while beneath:
        name = beneath.pop()
        if name not in found:
            found.add(name)
            beneath += record.rules.needs.get(name, ())
    return bool(found & troubled) or any(target not in record.rules.services for target in troubled)


def tells_at_least_once(record: Record) -> Finding:
    """I6. What the journal holds to be told arrived."""
    finding = Finding("every notification delivered at least once")
    wanted = Counter(note.key for note in record.notes)
    arrived = Counter(post.key for post in record.posts)
    for note in record.notes:
        text = f"{note.telling} of {note.target} was never delivered"
        finding.look(arrived[note.key] >= wanted[note.key], note.at, note.target, text)
    return finding


def tells_hardly_twice(record: Record) -> Finding:
    """I6. Duplicates: at most one for each crash of the daemon and each answer that was lost."""
    finding = Finding("duplicates <= crashes of the daemon + lost answers")
    wanted = Counter(note.key for note in record.notes)
    arrived = Counter(post.key for post in record.posts)
    crashes = sum(life.ended < record.span.ended for life in record.lives)
    lost = sum(not post.answered for post in record.posts)
    more = {key: arrived[key] - count for key, count in wanted.items() if arrived[key] > count}
    unknown = [post for post in record.posts if post.key not in wanted]
    twice = sum(more.values())
    text = f"{twice} duplicates, {crashes} crashes and {lost} lost answers"
    finding.look(twice <= crashes + lost, record.span.ended, "", text)
    finding.checked = len(record.posts)
    finding.broken += [
        Broken(post.at, "", f"{post.key} was told, and the journal knows nothing of it") for post in unknown
    ]
    return finding


def is_blind_and_still(record: Record) -> Finding:
    """I7. What it could not see when it last looked it does not touch; while nothing gets through, nothing is done."""
    finding = Finding("zero actions while the engine is UNKNOWN")
    for target, spans in record.unknown.items():
        for span in spans:
            begun = [step for step in record.steps_on(target) if span.holds(step.begun, -SLACK, -SLACK)]
            text = f"{len(begun)} steps were begun on what could not be seen"
            finding.look(not begun, begun[0].begun if begun else span.begun, target, text)
    for span in record.closed:
        acts = [
            told
            for told in record.events
            if told.action in ACTS
            and span.begun + IN_FLIGHT < told.at < span.ended
            and author(record, told) == "daemon"
        ]
        at, target = (acts[0].at, acts[0].service) if acts else (span.begun, "")
        finding.look(
            not acts, at, target, f"{[told.action for told in acts]} while nothing could get through"
        )
    return finding


def refuses_for_a_reason(record: Record) -> Finding:
    """It holds back only for what is so: a budget that is spent, as many at work as may be."""
    finding = Finding("nothing held back for a budget that was not spent")
    rules = record.rules
    for refusal in record.refusals:
        if refusal.reason == "budget-spent":
            spent = sum(0 <= refusal.at - step.begun <= rules.window + SLACK for step in record.steps)
            text = f"the budget is said to be spent, and {spent} of {rules.actions} were"
            finding.look(spent >= rules.actions, refusal.at, refusal.target, text)
        elif refusal.reason == "too-many-at-once":
            busy = sum(record.work(step).holds(refusal.at, IN_FLIGHT, SLACK) for step in record.steps)
            text = f"said to be too many at once, and {busy} of {rules.at_once} were"
            finding.look(busy >= rules.at_once, refusal.at, refusal.target, text)
    return finding


def leaves_maintenance_alone(record: Record) -> Finding:
    """A target in maintenance is not touched."""
    finding = Finding("nothing done to what is in maintenance")
    for window in record.windows:
        begun = [
            step for step in record.steps_on(window.target) if window.span.holds(step.begun, -SLACK, -SLACK)
        ]
        at = begun[0].begun if begun else window.span.begun
        finding.look(not begun, at, window.target, f"{len(begun)} steps in maintenance")
    return finding


def answers_for_its_acts(record: Record) -> Finding:
    """Whatever was done to a container was done by a person, by a step of the journal, or by the engine's own policy."""
    finding = Finding("every act on a container is in the journal, or a person's")
    for told in record.events:
        if told.action in ACTS and record.span.holds(told.at):
            finding.look(author(record, told), told.at, told.service, f"{told.action}, and nobody did it")
    return finding


CHECKS: tuple[Callable[[Record], Finding], ...] = (
    respects_people,
    keeps_its_distance,
    counts_its_attempts,
    acts_alone,
    acts_within_the_limit,
    forgets_nobody,
    ends_each_story,
    tells_at_least_once,
    tells_hardly_twice,
    is_blind_and_still,
    refuses_for_a_reason,
    leaves_maintenance_alone,
    answers_for_its_acts,
)


def judge(record: Record) -> list[Finding]:
    """All promises, asked of one run."""
    return [check(record) for check in CHECKS]


__all__ = ["CHECKS", "Broken", "Finding", "Span", "Step", "author", "judge"]
