"""Which targets there are, and which container each has."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes import FakeClock
from watchdog.core.container import ContainerFacts
from watchdog.core.event import EngineEvent, Life
from watchdog.core.observation import Hand
from watchdog.core.roster import (
    KEPT_SAMPLES,
    ComposeOrigin,
    ContainerRow,
    Roster,
    object_to_replacing,
    read_origin,
    without_own,
)
from watchdog.core.target import ENABLE, NUMBER, ONE_OFF, PROJECT, SERVICE, VERSION, Wishes

SECOND = 1_000_000_000


def row(
    container_id: str = "c1",
    service: str = "web",
    *,
    number: int = 1,
    state: str = "running",
    created: int = 0,
    labels: dict[str, str] | None = None,
) -> ContainerRow:
    """A line of the engine's list."""
    of_compose = {PROJECT: "shop", SERVICE: service, NUMBER: str(number)}
    return ContainerRow(
        id=container_id,
        name=f"shop-{service}-{number}",
        image_id="sha256:a",
        labels=of_compose | (labels or {}),
        state=state,
        created=created,
    )


def facts(
    container_id: str = "c1", *, state: str = "running", restarts: int = 0, started: int = 1
) -> ContainerFacts:
    """An inspect."""
    return ContainerFacts(
        id=container_id,
        name="shop-web-1",
        image_id="sha256:a",
        state=state,
        restart_count=restarts,
        started=started,
    )


class Watch:
    """A roster with a clock."""

    def __init__(self, *rows: ContainerRow) -> None:
        self.clock = FakeClock()
        self.roster = Roster()
        self.changed: frozenset[str] = frozenset()
        self.lists(*rows)

    def lists(self, *rows: ContainerRow) -> Watch:
        """The engine's list shows these."""
        self.roster, self.changed = self.roster.listed(rows, self.clock.now())
        return self

    def hears(self, *actions: str, container_id: str = "c1", by: Hand = Hand.PERSON) -> Watch:
        """Events come."""
        for action in actions:
            attributes = {"signal": "15"} if action == "kill" else {}
            event = EngineEvent(
                action=action,
                container_id=container_id,
                time=int(self.clock.boot) * SECOND,
                attributes=attributes,
            )
            self.roster = self.roster.heard(event, by, self.clock.now())
        return self

    def inspects(self, seen: ContainerFacts) -> Watch:
        """The target's container is inspected."""
        self.roster = self.roster.inspected("web", seen, self.clock.now())
        return self

    @property
    def present(self) -> list[str]:
        """The names of the targets that have a container."""
        return sorted(name for name, known in self.roster.targets.items() if known.present)


class TestListing:
    def test_every_service_and_replica_is_a_target(self) -> None:
        """The first replica goes by the name of its service, the others by their number too."""
        watch = Watch(row(), row("c2", number=2), row("c3", "db"))
        assert watch.present == ["db", "web", "web#2"]
        assert watch.changed == {"db", "web", "web#2"}

    def test_the_same_list_again_is_no_change(self) -> None:
        """Only what looks different is worth a look."""
        watch = Watch(row(), row("c2", "db", state="exited"))
        watch.clock.advance(60)
        assert watch.lists(row(), row("c2", "db", state="exited")).changed == frozenset()
        assert watch.lists(row(state="exited"), row("c2", "db", state="exited")).changed == {"web"}

    def test_an_empty_list_removes_nobody(self) -> None:
        """Every target is absent then, and what that means is for judgement; they come back as they were."""
        watch = Watch(row(), row("c2", "db"))
        assert watch.lists().changed == {"web", "db"}
        assert watch.present == []
        assert set(watch.roster.targets) == {"web", "db"}
        assert watch.lists().changed == frozenset()
        assert watch.lists(row(), row("c2", "db")).changed == {"web", "db"}

    def test_one_off_containers_are_no_targets(self) -> None:
        """`docker compose run` is somebody's own business, and no second container of its service."""
        watch = Watch(row(), row("c2", created=9, labels={ONE_OFF: "True"}))
        assert watch.roster.targets["web"].container_id == "c1"
        assert Watch(row(labels={ONE_OFF: "True"})).present == []

    def test_what_a_person_runs_on_a_built_image_is_no_target(self) -> None:
        """Compose writes project and service into the images that it builds: `docker run` on one is no new container."""
        of_image = {PROJECT: "shop", SERVICE: "web", VERSION: "2.26.1"}
        by_hand = replace(row("c2", created=9), labels=of_image)
        assert Watch(by_hand).present == []
        watch = Watch(row(), by_hand)
        assert watch.roster.targets["web"].container_id == row().id
        assert Watch(row(labels={VERSION: "2.26.1"})).present == ["web"]

    def test_a_label_takes_a_container_out_of_sight(self) -> None:
        """Out of sight from the beginning, or from the moment it is made anew with the label: not missing."""
        assert Watch(row(labels={ENABLE: "false"})).roster.targets == {}
        watch = Watch(row()).lists(row("c2", labels={ENABLE: "false"}))
        assert watch.roster.targets == {}

    def test_a_container_that_compose_did_not_make(self) -> None:
        """It goes by its own name, and has no origin."""
        plain = replace(row(), labels={}, name="/lonely")
        watch = Watch(plain)
        assert watch.present == ["lonely"]
        assert watch.roster.targets["lonely"].origin is None

    def test_what_the_labels_wish_is_known(self) -> None:
        """Wishes come with the list."""
        watch = Watch(row(labels={"watchdog.expect": "running"}))
        assert watch.roster.targets["web"].wishes == Wishes(expect_running=True)


class TestReplacement:
    def test_the_running_one_of_two_is_the_targets(self) -> None:
        """While one replaces another the running one counts; of two at rest, the newer one."""
        old, new = row("old", created=1), row("new", created=2, state="created")
        watch = Watch(old, new)
        assert watch.roster.targets["web"].container_id == "old"
        watch.lists(new, replace(old, state="exited"))
        assert watch.roster.targets["web"].container_id == "new"

    def test_the_old_ones_removal_is_not_the_targets(self) -> None:
        """The container that was replaced is removed: the target has its new one, and nobody removed that."""
        watch = Watch(row("old"))
        watch.hears("create", container_id="new", by=Hand.WATCHDOG)
        watch.lists(row("old"), row("new", created=2, state="created"))
        watch.hears("kill", "die", "destroy", container_id="old", by=Hand.WATCHDOG)
        watch.lists(row("new", created=2, state="created"))
        seen = watch.roster.sighting("web", facts("new", state="created"), Wishes())
        assert seen.life.container_id == "new"
        assert seen.life.removed_by is None
        assert seen.life.created_by is Hand.WATCHDOG
        assert "old" not in watch.roster.lives

    def test_an_event_that_ran_ahead_of_the_list_is_kept(self) -> None:
        """A list is as old as its question: what was heard since is not forgotten for it."""
        watch = Watch(row("old"))
        watch.hears("create", "start", container_id="new")
        watch.lists(row("old"))
        watch.lists(row("new"))
        assert watch.roster.sighting("web", facts("new"), Wishes()).life.started is not None


class TestMemory:
    def test_a_gone_container_is_remembered_with_whoever_removed_it(self) -> None:
        """A target without a container knows whose hand took it."""
        watch = Watch(row()).hears("kill", "die", "destroy").lists()
        seen = watch.roster.sighting("web", None, Wishes(expect_running=True))
        assert seen.life.removed_by is Hand.PERSON
        assert seen.expect_running

    def test_events_of_a_container_find_its_target(self) -> None:
        """A container belongs to one target, a stranger to none."""
        watch = Watch(row(), row("c2", "db"))
        assert watch.roster.target_of("c2") == "db"
        assert watch.roster.target_of("c9") is None

    def test_a_target_is_forgotten_on_request(self) -> None:
        """What nobody asks for any more is no target."""
        assert Watch(row(), row("c2", "db")).roster.forgotten("web").targets.keys() == {"db"}

    def test_how_long_it_rests_counts_from_when_that_was_first_seen(self) -> None:
        """A list or an inspect that shows it down; later ones change nothing."""
        watch = Watch(row(state="exited"))
        first = watch.clock.now()
        watch.clock.advance(5)
        watch.lists(row(state="exited")).inspects(facts(state="exited"))
        watch.clock.advance(5)
        watch.inspects(facts(state="exited"))
        assert watch.roster.targets["web"].resting_since == first
        assert watch.inspects(facts(state="running")).roster.targets["web"].resting_since is None

    def test_started_and_down_again_it_rests_anew(self) -> None:
        """The engine has its turn after every end, also when nobody looked in between."""
        watch = Watch(row()).inspects(facts(state="exited", started=1))
        watch.lists(row(state="exited"))
        watch.clock.advance(5)
        watch.inspects(facts(state="exited", started=2))
        assert watch.roster.targets["web"].resting_since == watch.clock.now()

    def test_another_container_rests_anew(self) -> None:
        """A replacement that is down has its own rest."""
        watch = Watch(row()).inspects(facts(state="exited"))
        watch.clock.advance(5)
        watch.inspects(facts("c2", state="created"))
        assert watch.roster.targets["web"].resting_since == watch.clock.now()

    def test_absent_is_not_at_rest(self) -> None:
        """What is gone and comes back down begins its rest then."""
        watch = Watch(row(state="exited")).lists()
        assert watch.roster.targets["web"].resting_since is None
        watch.clock.advance(60)
        watch.lists(row(state="exited"))
        assert watch.roster.targets["web"].resting_since == watch.clock.now()

    def test_restart_counts_are_kept_while_they_change(self) -> None:
        """Enough of them to see a crash loop, and no more."""
        watch = Watch(row())
        for count in (0, 0, 1, 1, *range(2, 20)):
            watch.inspects(facts(restarts=count))
        kept = watch.roster.sighting("web", facts(), Wishes()).restarts
        assert [sample.count for sample in kept] == list(range(20 - KEPT_SAMPLES, 20))
        assert watch.lists(row("c2")).roster.restarts == {}


class TestWitness:
    def test_what_was_seen_since_when(self) -> None:
        """The stream reaches back to a moment; what was known for longer is known for longer still."""
        roster = Watch(row()).roster.witnessed_since(["c1"], 100, gap=False)
        assert roster.lives["c1"].known_from == 100
        assert roster.witnessed_since(["c1"], 200, gap=False).lives["c1"].known_from == 100

    def test_after_a_gap_nothing_is_known_from_before(self) -> None:
        """Events were missed: what is seen begins anew, and a start seen since is seen whole."""
        roster = Watch(row()).roster.witnessed_since(["c1"], 100, gap=True)
        assert roster.witnessed_since(["c1"], 200, gap=True).lives["c1"].known_from == 200
        watch = Watch(row()).hears("start")
        after = watch.roster.witnessed_since(["c1"], 900 * SECOND, gap=True)
        assert after.lives["c1"].known_from == 1000 * SECOND

    def test_a_step_that_was_cut_short_is_ours(self) -> None:
        """What was under way when the daemon died was our doing; what is known otherwise stays known."""
        watch = Watch(row())
        roster = watch.roster.witnessed_since(["c1"], 100, gap=False).attributed("c1")
        life = roster.lives["c1"]
        assert (life.ended_by, life.removed_by, life.created_by) == (Hand.WATCHDOG,) * 3
        assert life.known_from == 100
        assert Roster().attributed("c1").lives["c1"].first_kill is Hand.WATCHDOG

    def test_a_container_without_a_past_has_an_unknown_life(self) -> None:
        """Nothing heard is nothing known."""
        seen = Watch(row()).roster.sighting("web", facts(), Wishes())
        assert seen.life == Life(container_id="c1")
        assert seen.restarts == ()


def test_where_compose_made_it_from() -> None:
    """Project, files and folder, as Compose wrote them on the container."""
    labels = {
        PROJECT: "shop",
        SERVICE: "web",
        "com.docker.compose.project.config_files": "/srv/a.yml,/srv/b.yml",
        "com.docker.compose.project.working_dir": "/srv",
        "com.docker.compose.project.environment_file": "/srv/.env",
    }
    assert read_origin(labels, "sha256:a", "shop-web") == ComposeOrigin(
        project="shop",
        service="web",
        config_files=("/srv/a.yml", "/srv/b.yml"),
        working_dir="/srv",
        environment_files=("/srv/.env",),
        image_id="sha256:a",
        image="shop-web",
    )
    assert read_origin({SERVICE: "web"}, "", "") is None
    assert read_origin({PROJECT: "shop"}, "", "") is None


def test_only_a_single_container_made_by_compose_may_be_replaced() -> None:
    """What Compose did not make cannot be, and of several replicas the well ones would go with the sick one."""
    origin = ComposeOrigin(project="shop", service="web")
    assert object_to_replacing(origin, 1) == ""
    assert "2 replicas" in object_to_replacing(origin, 2)
    assert "Compose did not make" in object_to_replacing(None, 1)


def test_a_list_that_shows_nothing_new_changes_nothing() -> None:
    """What looks as before is kept as it is; another state, image or network is seen."""
    watch = Watch(row())
    before = watch.roster.targets["web"]
    assert watch.lists(row()).roster.targets["web"] is before
    assert watch.changed == frozenset()
    for other in (
        row(state="exited"),
        replace(row(), health="unhealthy"),
        replace(row(), image="sha256:a"),
        replace(row(), networks=("back",)),
    ):
        assert watch.lists(other).changed == {"web"}
        watch.lists(row())


def test_nothing_that_goes_by_the_name_of_our_own_service_is_listed() -> None:
    """A second watchdog by mistake, or a forgery: to replace one through Compose would be to replace ourselves."""
    own, replica = row("own1", "watchdog"), row("own2", "watchdog", number=2)
    other_project = row("c3", "watchdog", labels={PROJECT: "else"})
    plain = replace(row("c4"), labels={})
    rows = (own, replica, row("c2"), other_project, plain)

    assert without_own(rows, "own1") == (row("c2"), other_project, plain)
    assert without_own(rows, "") == rows
    # Not made by Compose, it is only itself.
    alone = replace(own, labels={})
    assert without_own((alone, replica, plain), "own1") == (replica, plain)
