"""What the state of a container means: from a sighting to an observation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from watchdog.core.container import (
    ALWAYS,
    NEVER_RAN,
    SIGNALS,
    ContainerFacts,
    ContainerRules,
    RestartSample,
    Sighting,
)
from watchdog.core.doom import diagnose
from watchdog.core.doom_table import Advice
from watchdog.core.event import STOP_PENDING
from watchdog.core.moment import Moment
from watchdog.core.observation import GONE, Fact, Finding, Hand, Observation, Status

# A look that was overtaken by a start is made again after so many seconds.
STARTED_SINCE = 0.2
# One that is up again after a crash loop counts as looping until its restarts are out of the window, and no event tells
# of that: it is looked at every so many seconds.
LOOP_LOOK = 15.0


def judge(check: str, seen: Sighting, rules: ContainerRules, now: Moment) -> Observation:
    """What the sighting means, as an observation. Never raises: every state the engine knows has its rule."""
    facts = seen.facts
    if facts is None:
        return _judge_absent(check, seen, now)
    return _diagnosed(_judge_present(check, facts, seen, rules, now), facts, seen)


def _diagnosed(observation: Observation, facts: ContainerFacts, seen: Sighting) -> Observation:
    """The observation with why starting again cannot help, if it cannot."""
    finding = observation.finding
    if not observation.sick:
        return observation
    doom = diagnose(finding, facts, log_tail=seen.log_tail, ends=seen.ends)
    if doom is None:
        return observation
    said: dict[str, Fact] = {"doom": doom.kind, "advice": doom.advice.value, "shown_by": doom.evidence}
    if doom.replacing_helps:
        said["replacing_helps"] = True
    return replace(observation, finding=replace(finding, facts={**finding.facts, **said}))


def _judge_present(
    check: str, facts: ContainerFacts, seen: Sighting, rules: ContainerRules, now: Moment
) -> Observation:
    observe = _Observer(check, seen.target, facts, now)
    loop = count_restarts(seen.restarts, rules, now)
    match facts.state:
        case "running":
            return _judge_running(observe, seen, loop, rules)
        case "paused":
            return observe(Status.WARNING, "paused", stopped_by=Hand.PERSON)
        case "restarting":
            return _judge_restarting(observe, seen, loop, rules)
        case "removing":
            return _judge_removing(observe, seen, rules)
        case "created":
            return _judge_created(observe, seen, rules)
        case "dead":
            return _judge_dead(observe, seen, rules)
        case _:
            return _judge_exited(observe, seen, rules)


def count_restarts(samples: tuple[RestartSample, ...], rules: ContainerRules, now: Moment) -> int:
    """Restarts by the engine within the window and since somebody last started it, which resets the count."""
    total = 0
    for early, late in pairwise(samples):
        if late.count < early.count:
            total = 0
        elif now.seconds_since(late.at) <= rules.loop_window:
            total += late.count - early.count
    return total


def was_taken_down(seen: Sighting, now: Moment) -> bool:
    """Whether what is down was taken down, by a person or by who knows: asked anew at the moment of an act."""
    hand = judge("", seen, ContainerRules(), now).stopped_by
    return hand in (Hand.PERSON, Hand.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Observer:
    """Fills in what every observation of one container shares."""

    check: str
    target: str
    container: ContainerFacts
    now: Moment

    def __call__(
        self,
        status: Status,
        kind: str,
        *,
        settled: bool = True,
        look_again: float | None = None,
        stopped_by: Hand | None = None,
        evidence: tuple[str, ...] = (),
        **facts: Fact,
    ) -> Observation:
        probe = self.container.healthcheck
        return Observation(
            check=self.check,
            target=self.target,
            status=status,
            finding=Finding(kind, {"container": self.container.name, **facts}),
            at=self.now,
            settled=settled,
            look_again=look_again,
            stopped_by=stopped_by,
            incarnation=self.container.incarnation,
            version=self.container.image_id,
            patience=probe.longest if probe else 0.0,
            evidence=tuple(line for line in evidence if line),
        )


def _judge_running(observe: _Observer, seen: Sighting, loop: int, rules: ContainerRules) -> Observation:
    facts, life = observe.container, seen.life
    if (
        life.first_kill is Hand.PERSON
        and life.killed_at
        and observe.now.seconds_since(life.killed_at) < max(STOP_PENDING, facts.stop_timeout + rules.rest)
    ):
        return observe(
            Status.WARNING, "being_stopped", settled=False, look_again=rules.rest, stopped_by=Hand.PERSON
        )
    if loop >= rules.loop_restarts:
        return observe(
            Status.CRITICAL, "crash_loop", look_again=LOOP_LOOK, restarts=loop, evidence=(seen.last_log,)
        )
    if seen.network_lost:
        if seen.owner_gone:
            return observe(
                Status.CRITICAL,
                "stranded",
                doom="network-owner-gone",
                advice=Advice.REPLACE.value,
                replacing_helps=True,
            )
        return observe(Status.CRITICAL, "stranded")
    match facts.health:
        case "unhealthy":
            output = facts.health_output
            return observe(Status.CRITICAL, "unhealthy", evidence=(output,))
        case "starting":
            return observe(Status.OK, "starting", settled=False)
        case "healthy":
            return observe(Status.OK, "healthy")
        case _:
            return observe(Status.OK, "running")


def _judge_restarting(observe: _Observer, seen: Sighting, loop: int, rules: ContainerRules) -> Observation:
    if seen.life.ended_by is Hand.PERSON:
        return observe(Status.CRITICAL, "stopped", stopped_by=Hand.PERSON)
    facts = observe.container
    if loop >= rules.loop_restarts:
        return observe(
            Status.CRITICAL,
            "crash_loop",
            restarts=loop,
            exit_code=facts.exit_code,
            stopped_by=Hand.ITSELF,
            evidence=(seen.last_log,),
        )
    return observe(
        Status.WARNING,
        "restarting",
        settled=False,
        look_again=rules.rest,
        stopped_by=Hand.ITSELF,
        exit_code=facts.exit_code,
    )


def _judge_created(observe: _Observer, seen: Sighting, rules: ContainerRules) -> Observation:
    facts = observe.container
    if facts.error or facts.exit_code in NEVER_RAN:
        return _failed_start(observe, seen)
    if seen.life.created_by is Hand.WATCHDOG:
        # Our own replacement was cut short between creating and starting.
        return observe(Status.CRITICAL, "not_started", stopped_by=Hand.WATCHDOG)
    # A start that fails makes no event: only another look shows it.
    return observe(Status.OK, "waiting", settled=False, look_again=rules.rest, stopped_by=Hand.ITSELF)


def _judge_removing(observe: _Observer, seen: Sighting, rules: ContainerRules) -> Observation:
    hand = Hand.PERSON if _who_ended(observe, seen, rules) is Hand.PERSON else Hand.ITSELF
    return observe(Status.OK, "removing", settled=False, look_again=rules.rest, stopped_by=hand)


def _judge_dead(observe: _Observer, seen: Sighting, rules: ContainerRules) -> Observation:
    """Dead is what a removal leaves behind that failed: whose removal decides."""
    hand = _who_ended(observe, seen, rules)
    if hand is Hand.PERSON:
        return observe(Status.CRITICAL, "stopped", stopped_by=hand, exit_code=observe.container.exit_code)
    if hand is Hand.UNKNOWN and not seen.expect_running:
        return observe(Status.CRITICAL, "found_down", stopped_by=hand, exit_code=observe.container.exit_code)
    return observe(Status.CRITICAL, "dead", stopped_by=_told_to_run(hand), error=observe.container.error)


def _who_ended(observe: _Observer, seen: Sighting, rules: ContainerRules) -> Hand:
    facts = observe.container
    return seen.life.who_ended(facts.finished, facts.stop_timeout + rules.rest, facts.started)


def _told_to_run(hand: Hand) -> Hand:
    """Nobody saw who ended it, but it is known that it shall run: then it fell by itself."""
    return Hand.ITSELF if hand is Hand.UNKNOWN else hand


def _judge_exited(observe: _Observer, seen: Sighting, rules: ContainerRules) -> Observation:
    facts = observe.container
    if seen.life.started_since(facts.finished):
        return observe(Status.OK, "starting", settled=False, look_again=STARTED_SINCE)
    hand = _who_ended(observe, seen, rules)
    if hand is Hand.UNKNOWN and facts.error:
        hand = Hand.ITSELF  # the latest act was a start, and that failed: it is wanted up
    if hand is Hand.UNKNOWN and facts.restart_policy in ALWAYS:
        # The engine would have restarted a crash: only a stop through its API leaves such a container down.
        hand = Hand.PERSON
    if hand is Hand.PERSON:
        return observe(Status.CRITICAL, "stopped", stopped_by=hand, exit_code=facts.exit_code)
    # Signalled by somebody unknown, as by the engine on its way out, or asked to run: then 0 is no end of its work.
    asked = hand is Hand.UNKNOWN and (seen.expect_running or seen.life.first_kill is Hand.UNKNOWN)
    done = facts.exit_code == 0 and hand is not Hand.WATCHDOG and not asked
    if done and facts.restart_policy not in ALWAYS:
        return observe(Status.OK, "finished", stopped_by=Hand.ITSELF)
    if hand is Hand.UNKNOWN and not seen.expect_running:
        return observe(Status.CRITICAL, "found_down", stopped_by=hand, exit_code=facts.exit_code)
    hand = _told_to_run(hand)
    rested = observe.now.seconds_since(seen.resting_since) if seen.resting_since else 0.0
    if hand is not Hand.WATCHDOG and facts.engine_restarts and rested < rules.rest:
        return observe(
            Status.WARNING,
            "engine_turn",
            settled=False,
            look_again=rules.rest - rested,
            stopped_by=Hand.ITSELF,
            exit_code=facts.exit_code,
        )
    if facts.error or facts.exit_code in NEVER_RAN:
        return _failed_start(observe, seen, stopped_by=hand)
    if facts.oom_killed:
        return observe(
            Status.CRITICAL,
            "out_of_memory",
            stopped_by=hand,
            exit_code=facts.exit_code,
            memory_limit=facts.memory_limit,
            evidence=(seen.last_log,),
        )
    return observe(
        Status.CRITICAL,
        "exited",
        stopped_by=hand,
        exit_code=facts.exit_code,
        signal=SIGNALS.get(facts.exit_code),
        evidence=(seen.last_log,),
    )


def _failed_start(observe: _Observer, seen: Sighting, stopped_by: Hand = Hand.ITSELF) -> Observation:
    facts = observe.container
    return observe(
        Status.CRITICAL,
        "start_failed",
        stopped_by=stopped_by,
        exit_code=facts.exit_code,
        error=facts.error,
        evidence=(seen.last_log,),
    )


def _judge_absent(check: str, seen: Sighting, now: Moment) -> Observation:
    hand = seen.life.removed_by or Hand.UNKNOWN
    if hand is Hand.UNKNOWN and seen.expect_running and seen.defined:
        hand = Hand.ITSELF
    seen_absent = Observation(
        check=check,
        target=seen.target,
        status=Status.CRITICAL,
        finding=Finding("missing", {"container": seen.target}),
        at=now,
        stopped_by=hand,
        incarnation=f"{seen.life.container_id[:12]}{GONE}",
    )
    if seen.defined is False:
        return replace(seen_absent, status=Status.OK, finding=Finding("undefined"), stopped_by=Hand.ITSELF)
    if hand is Hand.PERSON:
        return replace(seen_absent, finding=Finding("removed"))
    return seen_absent
