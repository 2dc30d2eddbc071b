"""The promises of chaos, asked of made-up runs: each of them is broken by a run that breaks it, and by no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.invariants import CHECKS, judge
from tests.chaos.record import (
    Act,
    Fault,
    Hand,
    Incident,
    Note,
    Post,
    Record,
    Refusal,
    Rules,
    Span,
    Step,
    Window,
)
from tests.chaos.report import report
from tests.scenarios.engine_log import Told

RULES = Rules(
    services=("app", "db", "mail"),
    waits=(0.0, 1.0, 2.0),
    at_once=1,
    actions=2,
    window=60.0,
    forget_after=50.0,
)


def told(at: float, action: str, service: str = "app", **attributes: str) -> Told:
    """An event of the engine."""
    return Told(at=at, action=action, service=service, container_id=f"of-{service}", attributes=attributes)


def step(number: int, begun: float, target: str = "app", **more: object) -> Step:
    """A step that took a tenth of a second and was seen to its end."""
    fields: dict[str, object] = {
        "id": number, "incident": "1", "target": target, "action": "restart_container", "attempt": 1,
        "begun": begun, "ended": begun + 0.1, "seen": True, "again": False, "result": "done",
    }  # fmt: skip
    return Step(**{**fields, **more})  # type: ignore[arg-type]


def incident(
    number: str, opened: float, resolved: float | None, target: str = "app", phase: str = "resolved"
) -> Incident:
    """An incident of the container check; healed, if it is over."""
    return Incident(
        id=number,
        check="containers",
        target=target,
        opened=opened,
        resolved=resolved,
        phase=phase,
        ending=None if resolved is None else "healed",
    )


def note(at: float, telling: str, target: str = "app", number: str | None = "1") -> Note:
    """A notification."""
    return Note(f"{telling}-{target}-{at}", telling, target, number, at)


NOTES = (note(10.01, "opened"), note(14.0, "healed"))
# One crash that was healed, one stop by a person that was respected, maintenance, and an engine that was away.
GOOD = Record(
    rules=RULES,
    span=Span(0.0, 100.0),
    events=(
        told(10.0, "die", exitCode="137"),
        told(10.1, "start"),
        told(30.0, "kill", "db", signal="15"),
        told(30.1, "die", "db", exitCode="143"),
        told(30.2, "stop", "db"),
        told(60.0, "start", "db"),
    ),
    hands=(Hand(Span(29.9, 30.3), "db", Act.STOP), Hand(Span(59.9, 60.1), "db", Act.START)),
    lives=(Span(1.0, 100.0),),
    births=(0.0,),
    closed=(Span(70.0, 75.0),),
    lost=(Span(70.1, 75.5),),
    unknown={"app": (Span(70.2, 75.6),)},
    windows=(Window(Span(80.0, 90.0), "mail"),),
    incidents=(incident("1", 10.01, 14.0),),
    steps=(step(1, 10.05),),
    notes=NOTES,
    posts=tuple(Post(each.key, each.at + 0.1, answered=True) for each in NOTES),
    refusals=(),
)

BAD: dict[str, Callable[[Record], Record]] = {
    "no start after a human stop": lambda good: replace(
        good,
        events=(*good.events[:5], told(45.0, "start", "db"), *good.events[5:]),
        steps=(*good.steps, step(2, 44.9, "db", ended=45.2)),
    ),
    "starts per target within the backoff": lambda good: replace(
        good,
        events=(*good.events[:2], told(10.45, "start"), *good.events[2:]),
        steps=(step(1, 10.05), step(2, 10.4)),
    ),
    "attempts counted, in time, repeated once at most": lambda good: replace(
        good, steps=(step(1, 10.05), step(2, 10.9, attempt=2))
    ),
    "never two actions on one target": lambda good: replace(
        good, steps=(step(1, 10.05, ended=12.0), step(2, 11.5, attempt=2))
    ),
    "concurrent actions, and actions in a window, within the limit": lambda good: replace(
        good, steps=(step(1, 10.05), step(2, 10.1, "mail"))
    ),
    "every death healed, or with an open incident, within two sweeps": lambda good: replace(
        good, events=(*good.events, told(78.0, "die", "mail", exitCode="1"))
    ),
    "every incident closed once, or given up": lambda good: replace(
        good, incidents=(incident("1", 10.01, None, phase="acting"),), notes=NOTES[:1], posts=good.posts[:1]
    ),
    "every notification delivered at least once": lambda good: replace(good, posts=good.posts[:1]),
    "duplicates <= crashes of the daemon + lost answers": lambda good: replace(
        good, posts=(*good.posts, good.posts[0])
    ),
    "zero actions while the engine is UNKNOWN": lambda good: replace(
        good, steps=(*good.steps, step(2, 72.0, "app", attempt=1))
    ),
    "nothing held back for a budget that was not spent": lambda good: replace(
        good, refusals=(Refusal(11.0, "app", "budget-spent"),)
    ),
    "nothing done to what is in maintenance": lambda good: replace(
        good, steps=(*good.steps, step(2, 85.0, "mail"))
    ),
    "every act on a container is in the journal, or a person's": lambda good: replace(
        good, events=(*good.events, told(95.0, "start", "mail"))
    ),
}


def broken(record: Record) -> set[str]:
    """The promises that a run broke."""
    return {finding.promise for finding in judge(record) if finding.broken}


def test_a_good_run_breaks_nothing_and_puts_most_to_the_test() -> None:
    """What is as it should be is no finding; each promise says how often it was looked at."""
    assert not broken(GOOD)
    unchecked = {finding.promise for finding in judge(GOOD) if not finding.checked}
    assert unchecked == {
        "starts per target within the backoff",
        "attempts counted, in time, repeated once at most",
        "never two actions on one target",
        "nothing held back for a budget that was not spent",
    }


@pytest.mark.parametrize("promise", BAD)
def test_a_run_that_breaks_a_promise_is_found_out(promise: str) -> None:
    """A check that cannot fail is a defect."""
    assert promise in broken(BAD[promise](GOOD))


def test_each_promise_has_a_run_that_breaks_it() -> None:
    """A new promise comes with its counter-example."""
    assert {check(GOOD).promise for check in CHECKS} == BAD.keys()


@pytest.mark.parametrize(
    "worse",
    [
        lambda good: replace(good, incidents=(*good.incidents, incident("2", 12.0, 14.0))),
        lambda good: replace(good, notes=(*NOTES, note(14.1, "healed")), posts=good.posts),
        lambda good: replace(good, notes=(NOTES[0], note(10.02, "opened"), NOTES[1])),
        lambda good: replace(good, incidents=(incident("1", 10.01, None, phase="open"),)),
        lambda good: replace(
            good, incidents=(incident("1", 10.01, None, phase="suppressed"),), notes=NOTES[:1]
        ),
        lambda good: replace(good, incidents=(*good.incidents, incident("2", 20.0, 24.0, "mail"))),
    ],
)
def test_a_story_has_one_beginning_and_one_end(worse: Callable[[Record], Record]) -> None:
    """Two at a time, two ends, two beginnings, an end of what goes on, a wait for nothing, one that nobody was told of."""
    assert "every incident closed once, or given up" in broken(worse(GOOD))


def test_who_waits_for_a_cause_that_is_in_trouble_is_no_loose_end() -> None:
    """What needs something that a person has taken down may wait as long as that lasts."""
    waits = replace(
        GOOD,
        rules=replace(RULES, needs={"app": ("mail",), "mail": ("db",)}),
        incidents=(incident("1", 10.01, None, phase="suppressed"),),
        notes=NOTES[:1],
        posts=GOOD.posts[:1],
    )
    assert broken(waits) == {"every incident closed once, or given up"}
    assert not broken(replace(waits, held=(("db", 9.0),)))


def test_a_stop_in_the_gap_of_a_step_that_was_cut_short_is_a_known_weak_point() -> None:
    """As docs/critiques.md says; with any daemon alive, or without the step, it is a broken promise."""
    bad = BAD["no start after a human stop"](GOOD)
    gap = replace(bad, lives=(Span(1.0, 29.0), Span(40.0, 100.0)), births=(0.0, 39.0))
    cut = step(9, 28.9, "db", ended=None, seen=False, result="")
    promise = "no start after a human stop"

    assert promise in broken(gap)
    assert promise not in broken(replace(gap, steps=(GOOD.steps[0], cut, bad.steps[-1])))
    assert promise in broken(replace(bad, steps=(GOOD.steps[0], cut, bad.steps[-1])))


def test_a_crash_that_is_taken_for_a_persons_hand_is_not_known() -> None:
    """Who fell by itself while the daemon looked is healed: a hold is no answer."""
    record = replace(
        GOOD,
        events=(*GOOD.events, told(50.0, "die", "mail", exitCode="1")),
        notes=(*NOTES, note(51.0, "held", "mail", None)),
        held=(("mail", 50.1),),
    )
    assert "every death healed, or with an open incident, within two sweeps" in broken(record)
    away = replace(record, lives=(Span(1.0, 49.0), Span(52.0, 100.0)))
    assert "every death healed, or with an open incident, within two sweeps" not in broken(away)


def test_an_act_of_ours_while_nothing_gets_through_is_found_out() -> None:
    """Also one that goes another way than that to the engine which is closed."""
    record = replace(
        GOOD, events=(*GOOD.events, told(73.0, "start")), steps=(*GOOD.steps, step(2, 72.9)), unknown={}
    )

    assert "zero actions while the engine is UNKNOWN" in broken(record)


def test_more_attempts_than_allowed_are_found_out() -> None:
    """The waits are kept, and there are too many of them: by the engine's events alone."""
    starts = (10.1, 12.0, 15.0, 40.0)
    record = replace(
        GOOD,
        events=(GOOD.events[0], *(told(at, "start") for at in starts), *GOOD.events[2:]),
        steps=tuple(step(n, at - 0.05, attempt=n) for n, at in enumerate(starts, 1)),
    )
    assert "starts per target within the backoff" in broken(record)


def test_a_step_of_a_daemon_that_died_is_repeated_once() -> None:
    """Once more is what was promised, twice more is not."""
    cut = step(1, 10.05, ended=None, seen=False, result="")
    once = replace(
        GOOD,
        lives=(Span(1.0, 10.2), Span(12.0, 100.0)),
        steps=(cut, step(2, 12.5, again=True)),
    )
    assert not broken(replace(once, rules=replace(RULES, at_once=2))) - {
        "duplicates <= crashes of the daemon + lost answers"
    }
    twice = replace(once, steps=(*once.steps, step(3, 13.0, again=True)))
    assert "attempts counted, in time, repeated once at most" in broken(twice)


def test_what_was_broken_is_shown_with_what_went_on_around_it() -> None:
    """The report names the promise, the target, and the events before and after."""
    record = replace(
        BAD["no start after a human stop"](GOOD), faults=(Fault(29.9, "docker stop", "db", done=True),)
    )
    shown = "\n".join(report(record, judge(record)))

    assert "BROKEN: no start after a human stop: db: started 14.9 s after a person had taken it down" in shown
    assert "engine: start of-db {} by daemon" in shown
    assert "person: stop begins" in shown
