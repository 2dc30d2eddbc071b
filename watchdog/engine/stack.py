"""How the stack around a target stands: what it depends on, who else works on it, how much is being done.

It only keeps what it hears and puts the questions of core to it; the responder asks before each decision.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from watchdog.core import standing
from watchdog.core.blame import find_explanation, find_root, is_given_up, suspects
from watchdog.core.budget import Budget, BudgetLimits
from watchdog.core.dependency import Graph, Member, build_graph
from watchdog.core.event import EngineEvent, Life
from watchdog.core.incident import Case, Incident, Phase
from watchdog.core.moment import Moment
from watchdog.core.observation import Hand, Observation, Status
from watchdog.core.roster import Known
from watchdog.core.stand_aside import AsideLimits, ForeignWork, is_foreign, judge_stand_aside
from watchdog.core.storm import (
    Common,
    Move,
    Storm,
    StormLimits,
    StormMove,
    Trait,
    plan_storm,
    shared_cause,
    traits_of,
)
from watchdog.core.suppression import WAIT_LOOK, may_come_back
from watchdog.core.surroundings import ATTEMPTS_IN_MEMORY, CAUSES_LOOK, Root, Surroundings
from watchdog.core.target import Wishes, name_target
from watchdog.plugins import Clock

# What was seen down stays so, when nothing is heard of it; but no longer than this: a stream of events may end. Seconds.
STILL_DOWN = 5.0
# What an unhealthy target depends on is looked at first; this long at most.
CAUSES_FIRST = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StackLimits:
    """What config says of the stack as a whole. `grace`: seconds, as `Policy.cause_grace`."""

    grace: float = 60.0
    budget: BudgetLimits = field(default_factory=BudgetLimits)
    storm: StormLimits = field(default_factory=StormLimits)
    aside: AsideLimits = field(default_factory=AsideLimits)


class Cases(Protocol):
    """The responder, as the stack needs it."""

    def cases(self) -> tuple[Case, ...]:
        """Everything that is remembered, of all targets."""
        ...

    def latest(self, target: str) -> Observation | None:
        """What was last seen of a target."""
        ...

    def beginning(self) -> frozenset[str]:
        """The targets on which a step is about to begin."""
        ...


class Stack:
    """The rest of the stack, as the decisions on one target need it.

    `gentle`: why only gentle steps may be done now, "" while all may; `in_memory`: decisions would not survive a crash.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        cases: Callable[[], Cases],
        known: Callable[[], Mapping[str, Known]],
        wishes: Callable[[str], Wishes],
        limits: Callable[[], StackLimits],
        ask: Callable[[str], None],
        maintained: Callable[[str], bool] = lambda _: False,
        gentle: Callable[[], str] = lambda: "",
        in_memory: Callable[[], bool] = lambda: False,
    ) -> None:
        self._clock = clock
        self._cases = cases
        self._known = known
        self._wishes = wishes
        self._limits = limits
        self._ask = ask
        self._maintained = maintained
        self._gentle = gentle
        self._in_memory = in_memory
        self._begun = Budget()
        self._works: dict[str, ForeignWork] = {}
        self._sick: dict[str, Moment] = {}
        # When what was sick was seen well again.
        self._mended: dict[str, Moment] = {}
        self._looked_at: set[str] = set()
        # When something was last heard of it.
        self._stirred: dict[str, Moment] = {}
        # Looks at what may explain the trouble of others.
        self._explaining: dict[str, Observation] = {}
        self._drawn: tuple[Member, ...] = ()
        self._graph = Graph()
        self.storm: Storm | None = None
        self.storm_incident = ""

    # --- what happens ---

    def remember(self, begun: Iterable[Moment]) -> None:
        """Begin with the actions that an earlier daemon began."""
        self._begun = Budget(tuple(begun))

    def began(self) -> None:
        """An action was begun that counts against the budget."""
        self._begun = self._begun.spent(self._limits().budget, self._clock.now())

    def saw(self, seen: Observation) -> None:
        """A check has looked at a target."""
        known = seen.target in self._explaining
        if known and not (seen.well and standing.is_being_proven(self._cases().cases(), seen.target)):
            del self._explaining[seen.target]
        if seen.explains:
            self._explaining[seen.target] = seen
        if seen.status is Status.UNKNOWN or not seen.settled:
            return
        if seen.sick and seen.stopped_by not in (Hand.PERSON, Hand.UNKNOWN):
            self._sick.setdefault(seen.target, self._turned(seen))
        elif self._sick.pop(seen.target, None) is not None:
            self._mended[seen.target] = seen.at
        self._looked_at.add(seen.target)

    def _turned(self, seen: Observation) -> Moment:
        """When it turned sick: what an earlier daemon knew of did not do so just now, when this one first looked."""
        known = self._incidents().get(seen.target)
        return seen.at if known is None or seen.target in self._looked_at else known.opened

    def forget(self, target: str) -> None:
        """Nobody asks for this target any more."""
        self._sick.pop(target, None)
        self._mended.pop(target, None)
        self._works.pop(target, None)
        self._looked_at.discard(target)
        self._stirred.pop(target, None)

    def heard(self, event: EngineEvent, hand: Hand, before: Life, target: str | None, *, busy: bool) -> None:
        """An event of the engine, and whose hand was behind it. `busy`: a step of ours runs on the target."""
        name = target or name_target(event.attributes, event.attributes.get("name", event.container_id[:12]))
        known = self._known().get(name)
        if known is not None:
            self._stirred[name] = self._clock.now()
        if event.action == "start":
            # Those that live in its network have lost it, and nobody else tells. Of who was replaced by it the
            # graph knows no more than that they live in nobody's network.
            graph = self.graph()
            for sharing in graph.shares_network_of(name) | graph.ownerless:
                self._ask(sharing)
        restarts = known is None or known.restarted
        if is_foreign(event, hand, before, ours=busy, engine_restarts=restarts):
            now, limits = self._clock.now(), self._limits().aside
            work = self._works.get(name)
            going_on = {other: work for other, work in self._works.items() if work.goes_on(limits, now)}
            seen = work.seen(limits, now) if work else ForeignWork(began=now, latest=now)
            self._works = {**going_on, name: seen}

    # --- what follows ---

    def graph(self) -> Graph:
        """Who needs whom, as the containers and config say now."""
        members = tuple(one.as_member(self._wishes(one.target)) for one in self._known().values())
        if members != self._drawn:
            self._drawn, self._graph = members, build_graph(members)
        return self._graph

    def sick(self) -> Mapping[str, Moment]:
        """The containers that are in trouble by themselves, and since when. What somebody works on is theirs."""
        theirs = self._sick.keys() & self._known().keys()
        return {target: self._sick[target] for target in theirs if not self._maintained(target)}

    def watched(self) -> int:
        """How many targets there are."""
        return len(self._known())

    def surroundings(self, target: str) -> Surroundings:
        """How the stack around this target stands."""
        now, limits = self._clock.now(), self._limits()
        gentle = self._gentle()
        around = Surroundings(
            # What is being written down has begun, too.
            begun=(*self._begun.begun, *(now for _ in self._cases().beginning() - {target})),
            running=tuple(busy for whose, busy in _running(self._cases()).items() if whose != target),
            held=frozenset(case.target for case in self._cases().cases() if standing.is_held(case)),
            maintenance=self._maintained(target),
            gentle=gentle,
            most_attempts=ATTEMPTS_IN_MEMORY if gentle and self._in_memory() else None,
        )
        if target not in self._sick:
            return around
        if self.storm is not None:
            # Whatever is sick now is a part of it, also what turned so while its beginning was written down.
            move = next((move for move in self._plan(target) if move.target == target), None)
            return replace(around, storm=move, storm_incident=self.storm_incident) if move else around
        root = self._acted_on(target) or self._root(target) or self._explained(target)
        first = now.seconds_since(self._sick[target]) <= CAUSES_FIRST
        if root is not None:
            # Its cause may be about to get an incident of its own, in whose message this one is told.
            unheard = (
                not root.incident and first and root.target in self._sick.keys() | self._explaining.keys()
            )
            return replace(around, looking=CAUSES_LOOK) if unheard else replace(around, root=root)
        seen = self._cases().latest(target)
        concerned = {target, *suspects(self.graph(), target, seen, self._known())}
        aside = judge_stand_aside(self._works, concerned, limits.aside, now)
        around = replace(around, aside=aside, given_up=is_given_up(seen, self._incidents()))
        return replace(around, looking=self._causes_first(target, now))

    def waiting_for(self, target: str) -> tuple[str, ...]:
        """The targets that wait for this one."""
        return tuple(
            other
            for other, incident in self._incidents().items()
            if incident.phase is Phase.SUPPRESSED
            and (incident.cause == target or target in self.graph().beneath.get(other, ()))
        )

    def next_in_line(self, queue: Collection[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Of the checks and targets that wait for a place, in their order: those whose turn it is now."""
        if self.storm is not None:
            waits = {move.target for move in self._plan() if move.move in (Move.WAIT, Move.WAIT_FOR)}
            return tuple((check, target) for check, target in queue if target not in waits)
        # One more than there is room for: the first one may not need its place any more.
        return tuple(queue)[: max(0, self._limits().budget.at_once - len(_running(self._cases()))) + 1]

    def is_still_down(self, seen: Observation) -> bool:
        """Whether this was seen down a moment ago, and nothing was heard of it since."""
        stirred = self._stirred.get(seen.target)
        if not standing.is_down(seen) or (stirred is not None and not stirred.precedes(seen.at)):
            return False
        return self._clock.now().seconds_since(seen.at) <= STILL_DOWN

    def _incidents(self) -> dict[str, Incident]:
        return {case.target: case.incident for case in self._cases().cases() if case.incident is not None}

    def _acted_on(self, target: str) -> Root | None:
        """The incident whose step is at work on this target: what it shows meanwhile is that step's doing."""
        incidents = (case.incident for case in self._cases().cases() if case.incident is not None)
        acting = (each for each in incidents if each.phase is Phase.ACTING and each.on == target)
        return next((Root(target=each.target, incident=each.id) for each in acting), None)

    def _root(self, target: str) -> Root | None:
        ailing = {name for name, known in self._known().items() if known.ailing}
        incidents = self._incidents()
        held = {case.target for case in self._cases().cases() if standing.is_held_down(case)}
        unwell = self._sick.keys() | incidents.keys() | held
        seen, sick = self._cases().latest(target), (unwell | ailing) - {target}
        root = find_root(self.graph(), target, seen, sick, incidents)
        if root is None:
            return None
        if root not in unwell:
            self._ask(root)  # that its healthcheck goes well again is no event: nobody else would see it
        return self._root_at(root)

    def _root_at(self, target: str) -> Root:
        incident = self._incidents().get(target)
        return Root(target=target, incident=incident.id if incident is not None else "")

    def _explained(self, target: str) -> Root | None:
        """The page whose look explains that this one is unhealthy."""
        mine, looks = self._cases().latest(target), self._explaining.values()
        look = find_explanation(mine, looks, self._incidents())
        return None if look is None else self._root_at(look.target)

    def _causes_first(self, target: str, now: Moment) -> float | None:
        """What runs and is unhealthy may be so because of another: that one is looked at before this is touched.

        The other may be well again already: healthchecks take their time, in both directions.
        """
        seen, turned = self._cases().latest(target), self._sick[target]
        if seen is None or not may_come_back(seen):
            return None
        unseen, wait = False, 0.0
        for other in suspects(self.graph(), target, seen, self._known()):
            other_seen = self._cases().latest(other)
            if now.seconds_since(turned) <= CAUSES_FIRST and (
                other_seen is None or other_seen.at.precedes(turned)
            ):
                self._ask(other)
                unseen = True
            if other in self._mended and other not in self._sick:
                wait = max(wait, self._limits().grace - now.seconds_since(self._mended[other]))
        if unseen:
            return CAUSES_LOOK
        return min(wait, WAIT_LOOK) if wait > 0 else None

    def _plan(self, asking: str = "") -> tuple[StormMove, ...]:
        """The plan of a storm. `asking`: a target that is decided upon: it is sick, so nothing is verified any more."""
        graph, limits = self.graph(), self._limits()
        running = _running(self._cases())
        busy, waiting = set[str]().union(*running.values()), set(self._untouchable())
        for case in self._cases().cases():
            verifying = standing.is_in(case, Phase.VERIFYING) and case.target != asking
            if verifying or standing.is_left_out(case) or standing.is_held_down(case):
                busy.add(case.target)
            elif case.ledger.attempts:
                waiting.add(case.target)
        sick = self._sick.keys() - busy
        down = {name for name in sick if standing.is_down(self._cases().latest(name))}
        return plan_storm(
            graph,
            shared_cause(set(self._sick), self._traits(graph)),
            dead=down,
            unhealthy=sick - down,
            busy=busy,
            # Only what is being started takes a place: health is waited for beside the next start.
            at_once=limits.budget.at_once + len(busy) - len(running),
            waiting=waiting,
        )

    def _untouchable(self) -> frozenset[str]:
        """Those on which nothing is done until a person says so."""
        asked = (case.target for case in self._cases().cases() if standing.is_in_hands(case))
        return frozenset(asked) | {target for target in self._sick if self._maintained(target)}

    def cause(self) -> tuple[Common, str, bool] | None:
        """What the sick have in common: kind, name, and whether the well ones do not have it."""
        cause = shared_cause(set(self._sick), self._traits(self.graph()))
        return None if cause is None else (cause.trait.kind, cause.trait.name, cause.strong)

    def plan(self) -> Mapping[str, Move]:
        """What is done about each target in a storm; not those that wait for a person, or for one that does."""
        idle = self._untouchable()
        at_work = (
            case for case in self._cases().cases() if standing.is_in(case, Phase.ACTING, Phase.VERIFYING)
        )
        begun = {case.target: Move.START for case in at_work if case.target in self._sick}
        return begun | {
            m.target: m.move for m in self._plan() if m.target not in idle and m.cause not in idle
        }

    def _traits(self, graph: Graph) -> Mapping[str, frozenset[Trait]]:
        return traits_of(graph, self._known())


def _running(cases: Cases) -> Mapping[str, frozenset[str]]:
    return {**{one: frozenset({one}) for one in cases.beginning()}, **standing.at_work(cases.cases())}
