import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.desk.people import Office
from watchdog.core.happening import Happening
from watchdog.core.incident import Act, Ending, Phase, Proposal
from watchdog.core.notification import Notification, Telling
from watchdog.core.observation import Finding, Status
from watchdog.core.run import Outcome, Result
from watchdog.core.story import Delivery, Entry, OutboxEntry, StepRecord, Story, Told, Trigger
from watchdog.desk.shapes import shape_happening, shape_story

# The keys that are promised. One more is fine and is added here; one less breaks somebody's program.
TARGET_KEYS = [
    "target",
    "check",
    "state",
    "word",
    "well",
    "status",
    "summary",
    "finding",
    "seen",
    "settled",
    "evidence",
    "reason",
    "since",
    "incident",
    "hold",
    "attempts",
    "given_up",
    "next",
    "commands",
    "maintenance",
    "silence",
]
INCIDENT_KEYS = [
    "id",
    "target",
    "check",
    "playbook",
    "severity",
    "phase",
    "ending",
    "word",
    "opened",
    "resolved",
    "seconds",
    "summary",
    "finding",
    "attempts",
    "reason",
    "reason_words",
]


@pytest.mark.parametrize(
    ("status", "kind", "settled", "state", "well"),
    [
        (Status.OK, "healthy", True, "well", True),
        (Status.OK, "starting", False, "moving", True),
        (Status.WARNING, "engine_turn", False, "moving", False),
        (Status.WARNING, "healthy", True, "warning", True),
        (Status.CRITICAL, "exited", True, "sick", False),
        (Status.UNKNOWN, "could_not_look", True, "unknown", False),
    ],
)
def test_how_a_target_stands_without_an_incident(
    status: Status, kind: str, *, settled: bool, state: str, well: bool
) -> None:
    """What was seen last says how a target stands; what could not be seen is never called well."""
    office = Office()
    office.watch("api")
    office.see("api", status, kind, settled=settled)
    (target,) = office.desk.status()["targets"]
    assert (target["state"], target["well"]) == (state, well)
    assert list(target) == TARGET_KEYS


@pytest.mark.parametrize(
    ("phase", "state"),
    [
        (Phase.OPEN, "waiting"),
        (Phase.ACTING, "acting"),
        (Phase.VERIFYING, "verifying"),
        (Phase.ESCALATED, "escalated"),
    ],
)
def test_an_open_incident_says_how_its_target_stands(phase: Phase, state: str) -> None:
    """A target with an open incident is not well, also when it looks so just now."""
    office = Office()
    office.watch("api")
    office.incident("api", phase, attempts=2)
    office.clock.advance(5.0)
    (target,) = office.desk.status()["targets"]
    assert (target["state"], target["well"]) == (state, False)
    assert target["since"] == "2026-11-23T12:00:00.000+00:00"
    assert [attempt["action"] for attempt in target["attempts"]] == ["restart_container"] * 2
    assert list(target["incident"]) == INCIDENT_KEYS
    assert target["incident"]["seconds"] == 5.0
    assert target["commands"]


@pytest.mark.parametrize(
    ("act", "released", "state", "well"),
    [
        (Act.STOPPED, False, "held", True),
        (Act.ORDERED, False, "held", True),
        (Act.UNCLEAR, False, "asked", False),
        (Act.STOPPED, True, "sick", False),
    ],
)
def test_a_hold_says_how_its_target_stands(act: Act, *, released: bool, state: str, well: bool) -> None:
    """What a person wants down is no trouble; what nobody knows about waits for an answer."""
    office = Office()
    office.watch("api", Status.CRITICAL, "exited")
    office.held("api", act, released=released)
    (target,) = office.desk.status()["targets"]
    assert (target["state"], target["well"]) == (state, well)


def test_a_target_that_was_never_seen_is_not_well() -> None:
    """Silence is no proof of health."""
    office = Office()
    office.monitor.names.append("new")
    (target,) = office.desk.status()["targets"]
    assert (target["state"], target["well"], target["summary"]) == ("not_seen", False, "")


def test_a_story_is_told_in_the_order_of_time() -> None:
    """Decisions, steps with their outcome and kept log lines, and what people were told: one timeline."""
    office = Office()
    office.watch("api")
    incident = office.incident("api", Phase.RESOLVED, ending=Ending.HEALED)
    start = office.clock.now()

    def after(seconds: float) -> Entry:
        at = replace(start, boot=start.boot + seconds, wall=start.wall + timedelta(seconds=seconds))
        return Entry(id=1, at=at, kind="decision", text=f"after {seconds:g} s\x1b[2J", incident="7")

    step = StepRecord(
        id=1,
        incident="7",
        playbook="container-crash",
        target="api",
        trigger=Trigger.INCIDENT,
        action="restart_container",
        rung=0,
        attempt=1,
        container_id="abc",
        text="start demo-api-1",
        begun=after(1).at,
        ended=after(3).at,
        outcome=Outcome(result=Result.FAILED, reason="no such image", evidence=("last \x1b[31mwords",)),
        settled=True,
    )
    running = replace(
        step, id=2, text="restart_container on api", begun=after(5).at, ended=None, outcome=None
    )
    told = Notification(
        telling=Telling.OPENED, target="api", at=after(4).at, finding=Finding("dead"), incident="7"
    )
    delivery = OutboxEntry(id=1, notification=told, notifier="log", state=Delivery.PENDING, error="full")
    story = Story(
        incident=incident,
        entries=(after(0), after(2)),
        steps=(step, running),
        told=(Told(id=1, notification=told, deliveries=(delivery,)),),
    )
    shape = shape_story(story, office.clock.now())
    timeline = shape["timeline"]
    assert [(line["kind"], line["text"]) for line in timeline] == [
        ("decision", "after 0 s"),
        ("step.begun", "restart it: attempt 1, start demo-api-1"),
        ("decision", "after 2 s"),
        (
            "step.ended",
            "restart it: failed: no such image (found out after watchdog was interrupted)",
        ),
        ("told", "api is dead: the engine could not remove it (exit code not known)"),
        ("step.begun", "restart it: attempt 1"),
    ]
    assert timeline[3]["evidence"] == ["last words"]
    assert timeline[4]["deliveries"] == [
        {"notifier": "log", "state": "pending", "attempts": 0, "error": "full"}
    ]
    assert shape["incident"]["word"] == "healed"
    json.dumps(shape)


def test_a_happening_is_plain_json() -> None:
    """A program can read a happening, and a terminal can show it."""
    at = Office().clock.now()
    happening = Happening(name="step.ended", at=at, target="api", facts={"reason": "a\x1b[2Jb", "n": 1})
    assert shape_happening(happening) == {
        "name": "step.ended",
        "at": "2026-11-23T12:00:00.000+00:00",
        "target": "api",
        "incident": None,
        "facts": {"reason": "ab", "n": 1},
    }


@pytest.mark.parametrize(("phase", "state"), [(Phase.OPEN, "proposed"), (Phase.VERIFYING, "verifying")])
def test_a_target_that_comes_back_while_a_proposal_waits_is_being_verified(phase: Phase, state: str) -> None:
    """Nobody is told that a yes is waited for while health is being proven."""
    office = Office()
    office.watch("api")
    office.incident("api", phase, proposal=Proposal(id="7-1", rung=1, made=office.clock.now()))
    assert office.desk.status("api")["targets"][0]["state"] == state
