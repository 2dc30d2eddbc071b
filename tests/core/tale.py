"""A driver for stories about one target: it keeps the case, moves the clock and notes what was decided."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes import FakeClock
from watchdog.core.decision import (
    Abort,
    DaemonReturned,
    Decision,
    Event,
    Look,
    Order,
    Ordered,
    Perform,
    Policy,
    Propose,
    Shown,
    StepEnded,
    Tell,
)
from watchdog.core.guardrail import Ledger
from watchdog.core.incident import Case, Incident, Phase
from watchdog.core.lifecycle import advance
from watchdog.core.moment import Moment
from watchdog.core.notification import Telling
from watchdog.core.observation import Finding, Hand, Observation, Status
from watchdog.core.playbook import Playbook, PlaybookKind, Step, Verification
from watchdog.core.run import Outcome, Result
from watchdog.core.storm import Move, StormMove
from watchdog.core.surroundings import Root, Surroundings

# The number of the incident in whose message a storm is told.
STORM = "77"

LOGS = Step(action="collect_logs", changes=False)
RESTART = Step(action="restart_container", verify=Verification(within=60.0, stable=10.0), attempts=3)
RECREATE = Step(action="recreate_service", verify=Verification(within=120.0, stable=10.0), attempts=2)


def remedy(*steps: Step) -> Playbook:
    """A remedy of these steps; without any, the one that is shipped."""
    return Playbook(
        name="container-crash",
        kind=PlaybookKind.REMEDY,
        title={"en": "A container crashed"},
        target_kind="container",
        steps=steps or (LOGS, RESTART, RECREATE),
    )


class Tale:
    """One target's story. Times are seconds.

    `tells` and `performed` hold all that was decided; `told` leaves out the words that a step begins.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy(playbook=remedy())
        self.clock = FakeClock()
        self.case = Case(check="container", target="web", ledger=Ledger(target="web"))
        self.life = 1
        self.version = "sha256:a"
        self.opened = 0
        self.told: list[Telling] = []
        self.tells: list[Tell] = []
        self.performed: list[Perform] = []
        self.decision = Decision(self.case, (), "nothing happened yet")
        # What the desk does; without, no plan is made.
        self.makes_plans = True

    # --- what happens ---

    def happens(self, event: Event, now: Moment | None = None) -> Decision:
        """Let `advance` decide, and carry the story on from there as the shell would."""
        policy = replace(self.policy, next_id=str(self.opened + 1))
        decision = advance(self.case, event, policy, now or self.now)
        self.decision, self.case = decision, decision.case
        if self.case.incident is not None:
            self.opened = int(self.case.incident.id)
        self.tells += [e for e in decision.effects if isinstance(e, Tell)]
        told = [tell.notification.telling for tell in self.tells]
        self.told = [telling for telling in told if telling is not Telling.ACTING]
        self.performed += [e for e in decision.effects if isinstance(e, Perform)]
        if self.makes_plans:
            for wanted in (e for e in decision.effects if isinstance(e, Propose)):
                self._is_shown(wanted, policy)
        return decision

    def _is_shown(self, wanted: Propose, policy: Policy) -> None:
        """The desk has made the plan of what is proposed, at once."""
        shown = advance(self.case, Shown(wanted.proposal, "it does this"), policy, self.now)
        self.case = shown.case
        self.tells += [e for e in shown.effects if isinstance(e, Tell)]
        told = [tell.notification.telling for tell in self.tells]
        self.told = [telling for telling in told if telling is not Telling.ACTING]

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)

    def see(
        self,
        status: Status,
        kind: str,
        *,
        by: Hand | None = None,
        settled: bool = True,
        at: Moment | None = None,
        patience: float = 0.0,
        look_again: float | None = None,
        incarnation: str | None = None,
    ) -> Decision:
        """A look shows this."""
        return self.happens(
            Observation(
                check="container",
                target="web",
                status=status,
                finding=Finding(kind),
                at=at or self.now,
                settled=settled,
                look_again=look_again,
                stopped_by=by,
                incarnation=f"c0ffee@{self.life}" if incarnation is None else incarnation,
                version=self.version,
                patience=patience,
                # A container that cannot be seen is the engine's silence, as the monitor says.
                tell_after=None if status is Status.UNKNOWN else 0.0,
            )
        )

    def well(self, at: Moment | None = None) -> Decision:
        """A look shows it healthy."""
        return self.see(Status.OK, "healthy", at=at)

    def crashed(self, by: Hand = Hand.ITSELF, at: Moment | None = None) -> Decision:
        """A look shows it down, by its own or by watchdog's doing."""
        return self.see(Status.CRITICAL, "exited", by=by, at=at)

    def unhealthy(self, at: Moment | None = None) -> Decision:
        """A look shows it up, yet sick."""
        return self.see(Status.CRITICAL, "unhealthy", at=at)

    def starting(self, patience: float = 0.0) -> Decision:
        """A look shows it within its start period."""
        return self.see(Status.OK, "starting", settled=False, patience=patience)

    def unseen(self) -> Decision:
        """A look failed."""
        return self.see(Status.UNKNOWN, "could_not_look", incarnation="")

    def stopped(self) -> Decision:
        """A look shows that a person stopped it."""
        return self.see(Status.CRITICAL, "stopped", by=Hand.PERSON)

    def unclear(self) -> Decision:
        """A look shows it down, and nobody knows by whose hand."""
        return self.see(Status.CRITICAL, "found_down", by=Hand.UNKNOWN)

    def paused(self) -> Decision:
        """A look shows that a person paused it."""
        return self.see(Status.WARNING, "paused", by=Hand.PERSON)

    def removed(self) -> Decision:
        """A look shows that a person removed it."""
        return self.see(Status.CRITICAL, "removed", by=Hand.PERSON, incarnation="c0ffee@gone")

    def started_anew(self) -> None:
        """Somebody or something starts the container."""
        self.life += 1

    def step_ends(
        self, result: Result = Result.DONE, *, hopeless: bool = False, reason: str = ""
    ) -> Decision:
        """The running step ends; one that is done has started the container anew."""
        if result is Result.DONE:
            self.started_anew()
        outcome = Outcome(result=result, hopeless=hopeless, reason=reason)
        return self.happens(StepEnded(str(self.opened), outcome))

    def order(self, order: Order) -> Decision:
        """A person orders something."""
        return self.happens(Ordered(order, "ada"))

    def daemon_returns(self) -> Decision:
        """The daemon was killed and starts again."""
        return self.happens(DaemonReturned())

    # --- chapters ---

    def stays_well(self, seconds: float, every: float = 2.0) -> Decision:
        """Looks show it healthy for so long, from now on."""
        self.well()
        for _ in range(round(seconds / every)):
            self.passes(every)
            self.well()
        return self.decision

    def healed_by_a_step(self) -> None:
        """It crashed, a step is done, and health is verified."""
        self.crashed()
        self.passes(1)
        self.step_ends()
        self.stays_well(10)

    def surrounded_by(self, around: Surroundings) -> None:
        """From now on the stack around it stands like this."""
        self.policy = replace(self.policy, around=around)

    def waits_for(self, cause: str, incident: str = "") -> None:
        """It is sick because another target is."""
        self.surrounded_by(Surroundings(root=Root(target=cause, incident=incident)))
        self.unhealthy()

    def in_a_storm(self, move: Move, cause: str = "") -> None:
        """From now on it is one of many that are sick, and this is its part in the plan."""
        part = StormMove(target="web", move=move, reason="too-many-at-once", cause=cause)
        self.surrounded_by(Surroundings(storm=part, storm_incident=STORM))

    def alone(self) -> None:
        """From now on nothing around it explains or hinders anything."""
        self.surrounded_by(Surroundings())

    def given_up(self) -> None:
        """It crashed and no step helped."""
        for wait in (0, 10, 20, 40, 80, 160):
            self.passes(wait)
            self.crashed()
            if self.phase is Phase.ACTING:
                self.step_ends()

    # --- what became of it ---

    @property
    def now(self) -> Moment:
        """The present moment."""
        return self.clock.now()

    @property
    def incident(self) -> Incident:
        """The incident, which there must be."""
        assert self.case.incident is not None
        return self.case.incident

    @property
    def phase(self) -> Phase | None:
        """The phase of the incident, None without one."""
        return self.case.incident.phase if self.case.incident else None

    def stands(self, phase: Phase) -> bool:
        """Whether the incident is in this phase."""
        return self.phase is phase

    @property
    def actions(self) -> list[str]:
        """The names of all steps performed so far."""
        return [perform.rung.step.action for perform in self.performed]

    @property
    def looks(self) -> list[float]:
        """After how many seconds the latest decision wants to look again."""
        return [e.after for e in self.decision.effects if isinstance(e, Look)]

    @property
    def aborted(self) -> bool:
        """Whether the latest decision ends the running step."""
        return any(isinstance(e, Abort) for e in self.decision.effects)
