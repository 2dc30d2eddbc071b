"""The rest of the stack as a decision needs it: causes, foreign work, what is being done, a storm's plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import FakeClock
from watchdog.core.event import EngineEvent, Life
from watchdog.core.guardrail import Attempt, Ledger
from watchdog.core.incident import Act, Case, Hold, Incident, Phase, Proposal
from watchdog.core.moment import Moment
from watchdog.core.notification import Severity
from watchdog.core.observation import Finding, Hand, Observation, Status
from watchdog.core.roster import Known
from watchdog.core.storm import Common, Move, Storm
from watchdog.core.surroundings import ATTEMPTS_IN_MEMORY, Root, Surroundings
from watchdog.core.target import Wishes
from watchdog.core.verdict import Allow, Refuse
from watchdog.engine.stack import STILL_DOWN, Stack, StackLimits

NEEDS = {"db": (), "api": ("db",), "web": ("api",), "mail": (), "feed": ()}


class House:
    """A stack over cases that a test writes by hand. `asked`: what was to be looked at."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.known = {
            name: Known(target=name, container_id=f"id-{name}", image_id=f"sha256:{name}", networks=("net",))
            for name in NEEDS
        }
        self.asked: list[str] = []
        self.maintained: set[str] = set()
        self.gentle = ""
        self.on_disk = True
        self.begin()

    def begin(self) -> None:
        """A daemon begins that has seen nothing yet; what was decided is remembered."""
        self.book: dict[str, Case] = getattr(self, "book", {})
        self.seen: dict[str, Observation] = {}
        self.begins: set[str] = set()
        self.stack = Stack(
            clock=self.clock,
            cases=lambda: self,
            known=lambda: self.known,
            wishes=lambda name: Wishes(depends_on=NEEDS.get(name) or None),
            limits=StackLimits,
            ask=self.asked.append,
            maintained=lambda name: name in self.maintained,
            gentle=lambda: self.gentle,
            in_memory=lambda: not self.on_disk,
        )

    # --- as the responder ---

    def cases(self) -> tuple[Case, ...]:
        return tuple(self.book.values())

    def latest(self, target: str) -> Observation | None:
        return self.seen.get(target)

    def beginning(self) -> frozenset[str]:
        return frozenset(self.begins)

    # --- what happens ---

    def looks(self, target: str, kind: str = "unhealthy", by: Hand | None = None) -> None:
        """A check looks at a target."""
        grave = {"healthy": Status.OK, "starting": Status.OK, "could_not_look": Status.UNKNOWN}
        self.seen[target] = Observation(
            check="containers",
            target=target,
            status=grave.get(kind, Status.CRITICAL),
            finding=Finding(kind),
            at=self.clock.now(),
            settled=kind != "starting",
            stopped_by=by,
            incarnation=f"{target}@1",
        )
        self.stack.saw(self.seen[target])

    def falls(self, *targets: str) -> None:
        """Containers end by themselves, and that is seen."""
        for target in targets:
            self.looks(target, "exited", Hand.ITSELF)

    def looks_at_a_page(self, *because_of: str, explains: tuple[str, ...] = ()) -> None:
        """A page does not answer, and the look says whose trouble that may be."""
        self.seen["page"] = Observation(
            check="pages",
            target="page",
            status=Status.CRITICAL,
            finding=Finding("web_front_down"),
            at=self.clock.now(),
            because_of=because_of,
            explains=explains,
        )
        self.stack.saw(self.seen["page"])

    def has(self, target: str, phase: Phase, *, attempts: int = 0, opened: Moment | None = None) -> Incident:
        """An incident of the target is open."""
        now = self.clock.now()
        incident = Incident(
            id=str(len(self.book) + 1),
            check="containers",
            target=target,
            playbook="container-crash",
            severity=Severity.HIGH,
            opened=opened or now,
            finding=Finding("exited"),
            phase=phase,
        )
        made = tuple(Attempt(action="restart_container", at=now) for _ in range(attempts))
        ledger = Ledger(target=target, attempts=made)
        self.book[target] = Case(check="containers", target=target, ledger=ledger, incident=incident)
        return incident

    def holds(self, target: str, act: Act = Act.STOPPED) -> None:
        """A person holds the target; if they stopped it, it is down."""
        down = "" if act is Act.ORDERED else f"{target}@1"
        hold = Hold(target=target, act=act, by="ada", since=self.clock.now(), incarnation=down)
        ledger = Ledger(target=target)
        self.book[target] = Case(check="containers", target=target, ledger=ledger, hold=hold)

    def around(self, target: str) -> Surroundings:
        return self.stack.surroundings(target)

    def heard(self, target: str, action: str = "create", hand: Hand = Hand.PERSON) -> None:
        """The engine tells of somebody's act."""
        event = EngineEvent(action=action, container_id=f"id-{target}", time=0, attributes={"name": target})
        self.stack.heard(event, hand, Life(container_id=event.container_id), target, busy=False)

    def storms(self) -> None:
        """A storm goes on."""
        self.stack.storm = Storm(begun=self.clock.now(), targets=frozenset(self.stack.sick()))
        self.stack.storm_incident = "77"


@pytest.fixture
def house() -> House:
    return House()


class TestPages:
    """A page is no container: what it waits for is what its look names."""

    def test_it_waits_for_the_container_that_its_look_names(self, house: House) -> None:
        """The front fell: its incident is where it is told."""
        house.falls("web")
        incident = house.has("web", Phase.ACTING)
        house.looks_at_a_page("web")
        assert house.around("page").root == Root(target="web", incident=incident.id)
        house.has("page", Phase.SUPPRESSED)
        assert house.stack.waiting_for("mail") == ()

    def test_a_front_in_the_hands_of_a_human_is_waited_for_no_more(self, house: House) -> None:
        """What can be done for the page is done."""
        house.falls("web")
        house.has("web", Phase.ESCALATED)
        house.looks_at_a_page("web")
        around = house.around("page")
        assert around.root is None
        assert around.given_up

    def test_one_that_came_up_for_a_moment_only_is_not_waited_for(self, house: House) -> None:
        """A front that falls at each start was well for an instant, and is sick again."""
        house.falls("web")
        house.looks("web", "healthy")
        house.clock.advance(0.5)
        house.falls("web")
        house.has("web", Phase.ESCALATED)
        house.looks_at_a_page("web")
        house.clock.advance(10)
        assert house.around("page").looking is None

    def test_what_its_look_names_is_looked_at_first(self, house: House) -> None:
        """The front may be about to have an incident of its own."""
        house.looks_at_a_page("web")
        assert house.around("page").looking is not None
        assert "web" in house.asked

    def test_a_front_that_its_page_explains_waits_for_the_page(self, house: House) -> None:
        """Its healthcheck goes through the application: the page's remedy knows that a reload is enough."""
        house.looks("web")
        house.looks_at_a_page(explains=("web",))
        incident = house.has("page", Phase.ACTING)
        assert house.around("web").root == Root(target="page", incident=incident.id)
        house.has("page", Phase.ESCALATED)
        assert house.around("web").root is None

    def test_a_front_that_is_still_unhealthy_waits_until_its_page_is_proven_well(self, house: House) -> None:
        """Its healthcheck turns a moment after the reload that mended it: a restart would undo nothing but service."""
        house.looks_at_a_page(explains=("web",))
        incident = house.has("page", Phase.VERIFYING)
        house.looks("page", "healthy")
        house.looks("web")
        assert house.around("web").root == Root(target="page", incident=incident.id)
        house.has("page", Phase.RESOLVED)
        house.looks("page", "healthy")
        house.clock.advance(6)
        assert house.around("web").root is None

    def test_a_page_that_shows_another_trouble_explains_nothing_any_more(self, house: House) -> None:
        """Its front is down now: neither waits for the other."""
        house.has("page", Phase.VERIFYING)
        house.looks_at_a_page(explains=("web",))
        house.looks_at_a_page("web")
        house.looks("web")
        house.clock.advance(6)
        assert house.around("web").root is None

    def test_a_page_that_is_not_believed_yet_is_asked_again(self, house: House) -> None:
        """The front is not touched before the page has been looked at twice; then it waits for it."""
        house.looks("web")
        house.looks_at_a_page(explains=("web",))
        assert house.around("web").looking is not None
        house.clock.advance(6)
        assert house.around("web").root == Root(target="page")

    def test_a_front_that_is_down_waits_for_nobody(self, house: House) -> None:
        """What ended has to be started, whatever its page shows."""
        house.falls("web")
        house.looks_at_a_page(explains=("web",))
        assert house.around("web").root is None

    def test_it_is_none_of_a_storm(self, house: House) -> None:
        """Half of the stack is half of the containers."""
        house.falls("db")
        house.looks_at_a_page("web")
        assert house.stack.sick().keys() == {"db"}


class TestRoots:
    def test_the_sick_one_beneath_is_the_cause(self, house: House) -> None:
        """The web needs the api, which needs the db: where it begins is named, with its incident."""
        house.falls("db", "api", "web")
        incident = house.has("db", Phase.OPEN)
        assert house.around("web").root == Root(target="db", incident=incident.id)
        assert house.around("api").root == Root(target="db", incident=incident.id)
        assert house.around("db").root is None

    def test_one_in_between_that_is_well_proves_the_rest(self, house: House) -> None:
        """The api is well although the db is not: the web has a trouble of its own."""
        house.looks("api", "healthy")
        house.falls("db", "web")
        assert house.around("web").root is None

    def test_a_cause_in_a_persons_hands_has_no_incident(self, house: House) -> None:
        """Somebody stopped the db: who needs it waits, in nobody's message."""
        house.looks("db", "stopped", Hand.PERSON)
        house.holds("db")
        house.falls("api")
        assert house.around("api").root == Root(target="db")

    def test_a_hold_by_order_is_no_trouble(self, house: House) -> None:
        """The db runs and a person asked for hands off: nobody waits for it."""
        house.looks("db", "healthy")
        house.holds("db", Act.ORDERED)
        house.falls("api")
        assert house.around("api").root is None

    @pytest.mark.parametrize("phase", [Phase.ACTING, Phase.VERIFYING, Phase.ESCALATED, Phase.SUPPRESSED])
    def test_what_is_healed_or_handed_over_is_a_cause_as_long_as_it_is_open(
        self, house: House, phase: Phase
    ) -> None:
        """Well at this look is not yet healed: who needs it waits until its incident is closed."""
        house.has("db", phase)
        house.looks("db", "healthy")
        house.falls("api")
        root = house.around("api").root
        assert root is not None
        assert root.target == "db"

    def test_a_cause_under_maintenance_is_one(self, house: House) -> None:
        """Somebody works on the db: the api is not healed for it."""
        house.maintained.add("db")
        house.falls("db", "api")
        house.clock.advance(6)
        assert house.around("api").root == Root(target="db")

    def test_an_ailing_cause_is_looked_at_again(self, house: House) -> None:
        """A healthcheck that failed once and goes well again is no event: only another look shows it."""
        house.known["db"] = replace(house.known["db"], ailing=True)
        house.looks("api")
        assert house.around("api").root == Root(target="db")
        assert "db" in house.asked
        house.known["db"] = replace(house.known["db"], ailing=False)
        house.looks("db", "healthy")
        assert house.around("api").root is None

    def test_who_is_well_or_a_persons_waits_for_nobody(self, house: House) -> None:
        """Only trouble of its own has a cause elsewhere."""
        house.falls("db")
        house.looks("api", "healthy")
        house.looks("web", "stopped", Hand.PERSON)
        assert house.around("api").root is None
        assert house.around("web").root is None

    def test_a_look_that_failed_changes_nothing(self, house: House) -> None:
        """UNKNOWN and still moving are neither well nor sick."""
        house.falls("db", "api")
        house.clock.advance(6)
        for kind in ("could_not_look", "starting"):
            house.looks("db", kind)
            assert house.around("api").root is not None
        house.stack.forget("db")
        assert house.around("api").root is None

    def test_a_step_at_work_on_it_for_another_is_the_cause(self, house: House) -> None:
        """The page is helped by restarting the api: what the api shows meanwhile is that step's doing."""
        incident = house.has("web", Phase.ACTING)
        house.book["web"] = replace(house.book["web"], incident=replace(incident, on="mail"))
        house.falls("mail", "feed")
        assert house.around("mail").root == Root(target="web", incident=incident.id)
        assert house.around("feed").root is None
        assert house.around("feed").running == (frozenset({"web", "mail"}),)
        assert house.around("web").running == ()  # its own step is not in its way

    def test_who_lives_in_its_network_is_looked_at_when_it_starts(self, house: House) -> None:
        """Started anew it has another network, and nobody tells those that live in the old one."""
        house.known["feed"] = replace(house.known["feed"], network_mode="container:id-mail")
        house.heard("mail", "start")
        assert house.asked == ["feed"]

    def test_what_depends_on_what_was_sick_a_moment_ago_gets_a_while(self, house: House) -> None:
        """The db was well before the api could show it: a minute passes before the api is touched for itself."""
        house.falls("db")
        house.looks("api")
        house.looks("db", "healthy")
        house.clock.advance(30)
        assert isinstance(hindrance(house.around("api")), Refuse)
        house.clock.advance(31)
        assert isinstance(hindrance(house.around("api")), Allow)

    def test_who_waits_for_it_is_known(self, house: House) -> None:
        """When the db is well again these are looked at, and no others."""
        house.has("api", Phase.SUPPRESSED)
        house.has("web", Phase.OPEN)
        house.has("mail", Phase.SUPPRESSED)
        assert house.stack.waiting_for("db") == ("api",)


class TestCausesFirst:
    def test_what_it_needs_is_looked_at_before_it_is_touched(self, house: House) -> None:
        """The api is unhealthy and nobody has looked at the db since: that comes first, for 5 s at most."""
        house.looks("db", "healthy")
        house.clock.advance(10)
        house.looks("api")
        assert isinstance(hindrance(house.around("api")), Refuse)
        assert "db" in house.asked
        house.clock.advance(1)
        house.looks("db", "healthy")
        assert isinstance(hindrance(house.around("api")), Allow)

    def test_not_for_ever(self, house: House) -> None:
        """A cause that cannot be looked at does not keep us from healing."""
        house.looks("api")
        assert isinstance(hindrance(house.around("api")), Refuse)
        house.clock.advance(6)
        assert isinstance(hindrance(house.around("api")), Allow)

    def test_who_has_lost_the_network_waits_for_nobody_to_come_back(self, house: House) -> None:
        """Its owner was started anew and is well: nothing but a restart of this one helps."""
        house.looks("db")
        house.looks("db", "healthy")
        house.looks("api", "stranded")
        assert isinstance(hindrance(house.around("api")), Allow)

    def test_what_ended_is_started_without_a_question(self, house: House) -> None:
        """A container that is down is down by itself, whatever it needs."""
        house.falls("api")
        assert isinstance(hindrance(house.around("api")), Allow)
        assert house.asked == []


def hindrance(around: Surroundings) -> Allow | Refuse:
    """What stands against touching it, because causes are looked at first or somebody is at work."""
    return Refuse("looking-at-causes") if getattr(around, "looking", False) else around.aside


class TestForeignWork:
    def test_who_creates_it_is_given_time(self, house: House) -> None:
        """Somebody replaces the db: neither it nor who needs it is touched until it has been quiet."""
        house.looks("db", "healthy")
        house.heard("db")
        house.falls("api", "mail")
        aside = house.around("api").aside
        assert isinstance(aside, Refuse)
        assert aside.wait == pytest.approx(15.0)
        assert isinstance(house.around("mail").aside, Allow)
        house.clock.advance(15)
        assert isinstance(house.around("api").aside, Allow)

    def test_who_works_without_end_is_not_waited_for(self, house: House) -> None:
        """A program that creates a container for ever does not keep us from healing."""
        house.falls("mail")
        for _ in range(31):
            house.heard("mail")
            house.clock.advance(10)
        assert isinstance(house.around("mail").aside, Allow)

    def test_our_own_work_is_none(self, house: House) -> None:
        """What we announced is not foreign, nor a start of ours."""
        house.falls("mail")
        house.heard("mail", hand=Hand.WATCHDOG)
        event = EngineEvent(action="start", container_id="id-mail", time=0)
        house.stack.heard(event, Hand.PERSON, Life(container_id="id-mail"), "mail", busy=True)
        assert isinstance(house.around("mail").aside, Allow)

    def test_names_that_come_and_go_are_not_kept(self, house: House) -> None:
        """A thousand one-off containers leave nothing behind."""
        for number in range(1000):
            event = EngineEvent(
                action="create", container_id=f"{number:012}", time=0, attributes={"name": f"job-{number}"}
            )
            house.stack.heard(event, Hand.PERSON, Life(container_id="x"), None, busy=False)
            house.clock.advance(1)
        works: dict[str, object] = vars(house.stack)["_works"]
        assert len(works) <= 16


class TestWhatIsDone:
    def test_what_was_begun_counts_also_after_a_restart(self, house: House) -> None:
        """The budget of the stack outlives the daemon."""
        house.stack.began()
        house.stack.began()
        begun = house.around("mail").begun
        assert len(begun) == 2
        house.begin()
        house.stack.remember(begun)
        assert house.around("mail").begun == begun

    def test_what_is_being_written_down_counts_already(self, house: House) -> None:
        """Two decisions at one moment cannot both take the last place, nor the last action of the window."""
        house.begins.add("db")
        house.has("api", Phase.ACTING)
        around = house.around("mail")
        assert set(around.running) == {frozenset({"db"}), frozenset({"api"})}
        assert len(around.begun) == 1
        assert house.around("db").begun == ()

    def test_gentle_and_from_memory(self, house: House) -> None:
        """Unsure of its memory: only gentle steps; without a disk: two attempts at most."""
        assert house.around("mail").gentle == ""
        house.gentle = "just-begun"
        assert (house.around("mail").gentle, house.around("mail").most_attempts) == ("just-begun", None)
        house.on_disk = False
        assert house.around("mail").most_attempts == ATTEMPTS_IN_MEMORY
        house.maintained.add("mail")
        assert house.around("mail").maintenance


class TestPlanOfAStorm:
    def moves(self, house: House) -> dict[str, Move]:
        return dict(house.stack.plan())

    def test_the_dead_are_started_in_order_and_the_unhealthy_left_alone(self, house: House) -> None:
        """What is needed first comes first, so many at once; nobody restarts what runs."""
        house.falls("db", "api", "web")
        house.looks("mail")
        house.storms()
        assert self.moves(house) == {
            "db": Move.START,
            "api": Move.WAIT_FOR,
            "web": Move.WAIT_FOR,
            "mail": Move.ASK,
        }
        part = house.around("web")
        assert (part.storm and part.storm.cause, part.storm_incident) == ("db", "77")
        assert house.around("feed").storm is None

    def test_who_is_being_verified_keeps_those_that_need_it_waiting(self, house: House) -> None:
        """The db was started and is not proved yet: the api waits for it."""
        house.falls("db", "api")
        house.has("db", Phase.VERIFYING, attempts=1)
        house.storms()
        assert self.moves(house) == {"db": Move.START, "api": Move.WAIT_FOR}
        # Seen sick once more, nothing is verified: its part is another start.
        again = house.around("db").storm
        assert again is not None
        assert again.move is Move.START

    def test_what_is_being_started_is_not_left_out(self, house: House) -> None:
        """A storm is not over while a step runs on one of them, nor before that one was seen well."""
        house.falls("db", "api")
        house.has("db", Phase.ACTING, attempts=1)
        house.storms()
        assert self.moves(house) == {"db": Move.START, "api": Move.WAIT_FOR}

    @pytest.mark.parametrize("why", ["escalated", "held"])
    def test_a_cause_that_waits_for_a_person_is_a_cause(self, house: House, why: str) -> None:
        """The db was handed over, or a person stopped it: the api is not started without it."""
        house.falls("api", "mail", "feed")
        if why == "escalated":
            house.falls("db")
            house.has("db", Phase.ESCALATED)
        else:
            house.holds("db")
        house.storms()
        part = house.around("api").storm
        assert part is not None
        assert (part.move, part.cause) == (Move.WAIT_FOR, "db")

    def test_who_waits_for_a_person_takes_no_place(self, house: House) -> None:
        """Held, under maintenance, waiting for a yes or for the next attempt: the others are not kept waiting."""
        for name in "abcdefgh":
            house.known[name] = Known(target=name, container_id=f"id-{name}")
            house.falls(name)
        house.holds("a", Act.ORDERED)
        house.maintained.add("b")
        asking = house.has("c", Phase.OPEN)
        proposal = Proposal(id="1-1", rung=0, made=house.clock.now())
        house.book["c"] = replace(house.book["c"], incident=replace(asking, proposal=proposal))
        house.has("d", Phase.OPEN, attempts=2)
        house.storms()
        moves = self.moves(house)
        assert {name for name in "efgh" if moves[name] is Move.START} == set("efgh")
        assert "d" in moves
        assert moves.keys().isdisjoint("abc"), "nothing is done about these until a person says so"

    def test_no_more_than_so_many_at_once(self, house: House) -> None:
        """Four are started, the others wait for a place."""
        for name in "abcdefgh":
            house.known[name] = Known(target=name, container_id=f"id-{name}")
            house.falls(name)
        house.storms()
        moves = list(self.moves(house).values())
        assert (moves.count(Move.START), moves.count(Move.WAIT)) == (4, 4)

    def test_who_has_the_turn_is_asked_and_nobody_else(self, house: House) -> None:
        """A step has ended: in a storm the plan says whose turn it is, else the first of those that wait."""
        queue = tuple(("containers", name) for name in "hgfedcba")
        for _, name in queue:
            house.known[name] = Known(target=name, container_id=f"id-{name}")
            house.falls(name)
        for name in "wxyz":
            house.has(name, Phase.ACTING)
        assert house.stack.next_in_line(queue) == queue[:1]
        house.has("z", Phase.VERIFYING)
        assert house.stack.next_in_line(queue) == queue[:2]
        house.storms()
        (turn,) = [name for name, move in self.moves(house).items() if move is Move.START]
        assert house.stack.next_in_line(queue) == (("containers", turn),)

    def test_what_fell_a_moment_ago_is_still_down(self, house: House) -> None:
        """Until something is heard of it, or it was too long ago."""
        house.falls("mail", "feed")
        house.looks("db")
        assert house.stack.is_still_down(house.seen["mail"])
        assert not house.stack.is_still_down(house.seen["db"]), "it runs"
        house.heard("mail", "start")
        assert not house.stack.is_still_down(house.seen["mail"])
        house.clock.advance(1)
        house.falls("mail")
        assert house.stack.is_still_down(house.seen["mail"])
        house.clock.advance(STILL_DOWN)
        assert not house.stack.is_still_down(house.seen["feed"])

    def test_what_they_share_is_named(self, house: House) -> None:
        """All that are sick need the db, and no well one does."""
        assert house.stack.cause() is None
        house.falls("db", "api", "web")
        assert house.stack.cause() == (Common.DEPENDENCY, "db", True)
        house.known["mail"] = replace(house.known["mail"], image_id="")
        house.falls("mail", "feed")
        assert house.stack.cause() == (Common.NETWORK, "net", True)


class TestSick:
    def test_since_when_each_is_sick(self, house: House) -> None:
        """The moment is that of the first look, and another one after it was well."""
        house.falls("mail")
        first = house.clock.now()
        house.clock.advance(30)
        house.falls("mail")
        assert house.stack.sick() == {"mail": first}
        house.looks("mail", "healthy")
        house.clock.advance(5)
        house.falls("mail")
        assert house.stack.sick() == {"mail": house.clock.now()}
        assert house.stack.watched() == len(NEEDS)

    def test_old_troubles_are_old_after_a_restart(self, house: House) -> None:
        """Three were given up days ago: a daemon that begins does not take them for a storm."""
        long_ago = house.clock.now()
        for name in ("db", "mail", "feed"):
            house.has(name, Phase.ESCALATED, opened=long_ago)
        house.clock.advance(86400)
        house.begin()
        house.falls("db", "mail", "feed", "api")
        now = house.clock.now()
        assert house.stack.sick() == {"db": long_ago, "mail": long_ago, "feed": long_ago, "api": now}

    def test_what_somebody_works_on_is_no_storm(self, house: House) -> None:
        """Maintenance of the whole stack: whatever falls is theirs."""
        house.maintained.update(NEEDS)
        house.falls(*NEEDS)
        assert house.stack.sick() == {}
