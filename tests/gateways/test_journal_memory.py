import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateways.journal_samples import NAMES, a_case, a_hold, a_notification, an_incident, at, every_field
from watchdog.core.errors import JournalError
from watchdog.core.guardrail import Ledger
from watchdog.core.incident import Case, Hold, Incident, Phase
from watchdog.core.kept import KeptConfig
from watchdog.core.observation import Finding
from watchdog.core.roster import ComposeOrigin, Known
from watchdog.core.target import Wishes
from watchdog.core.warned import Warned
from watchdog.gateways.journal_file import JournalFile
from watchdog.gateways.journal_memory import Memory

OPEN_PHASES = [phase for phase in Phase if phase is not Phase.RESOLVED]


@contextmanager
def reopened(path: Path) -> Iterator[Memory]:
    with closing(JournalFile(path)) as file:
        yield Memory(file)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def file(path: Path) -> Iterator[JournalFile]:
    with closing(JournalFile(path)) as file:
        yield file


@pytest.fixture
def memory(file: JournalFile) -> Memory:
    return Memory(file)


def cases_of(target: str) -> st.SearchStrategy[Case]:
    name, check = st.just(target), st.just("container")
    incidents = every_field(
        Incident, id=st.just(f"i-{target}"), target=name, check=check, phase=st.sampled_from(OPEN_PHASES)
    )
    ledgers = every_field(Ledger, target=name)
    holds = st.none() | every_field(Hold, target=name)
    warned = st.none() | every_field(Warned)
    return st.builds(
        Case, check=check, target=name, ledger=ledgers, incident=incidents, hold=holds, warned=warned
    )


@pytest.mark.timeout(120)
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(NAMES, max_size=2, unique=True).flatmap(lambda names: st.tuples(*map(cases_of, names))))
def test_after_a_restart_every_open_case_is_as_it_was(cases: tuple[Case, ...]) -> None:
    """Whatever an open case holds, the next daemon goes on from exactly there."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        with reopened(path) as memory:
            for case in cases:
                memory.save(case, (), "saved", at(1))
        with reopened(path) as memory:
            assert sorted(cases, key=lambda c: c.target.encode()) == list(memory.load_cases())


def test_of_a_case_saved_twice_the_last_state_counts(memory: Memory) -> None:
    """An incident moves on in its place; it is not written beside itself."""
    incident = an_incident()
    later = replace(incident, phase=Phase.ESCALATED, reason="ladder-exhausted", attempts=5)

    memory.save(a_case(incident), (), "opened", at(1))
    memory.save(a_case(later), (), "escalated", at(2))

    assert (a_case(later),) == memory.load_cases()


def test_a_resolved_incident_is_remembered_only_by_its_ledger(memory: Memory) -> None:
    """After healing the attempts stay held against the target; the incident is past."""
    ledger = Ledger(target="api", version="sha256:1").begun("restart_container", at(1))
    memory.save(a_case(an_incident(), ledger), (), "opened", at(1))

    memory.save(a_case(an_incident(phase=Phase.RESOLVED), ledger), (), "healed", at(2))

    assert (a_case(ledger=ledger),) == memory.load_cases()


def test_a_target_with_nothing_against_it_is_no_case(memory: Memory) -> None:
    """Health alone is not worth remembering."""
    memory.save(a_case(ledger=Ledger(target="api", version="1", healthy_since=at(1))), (), "well", at(1))

    assert memory.load_cases() == ()


@pytest.mark.parametrize(
    "case",
    [
        a_case(ledger=Ledger(target="api", given_up=True)),
        a_case(ledger=Ledger(target="api").begun("start_container", at(1))),
        a_case(hold=a_hold()),
    ],
)
def test_what_restrains_watchdog_survives_without_an_incident(case: Case, memory: Memory) -> None:
    """Attempts, a target given up and a hold outlive incidents and restarts."""
    memory.save(case, (), "saved", at(1))

    assert (case,) == memory.load_cases()


def test_a_hold_ends_when_the_case_has_none(memory: Memory) -> None:
    """A released target is not held again by a restart."""
    memory.save(a_case(hold=a_hold()), (), "held", at(1))

    memory.save(a_case(), (), "released", at(2))

    assert memory.load_cases() == ()


def test_ledger_and_hold_belong_to_the_target_not_to_the_check(memory: Memory) -> None:
    """Two checks of one target count the same attempts and respect the same hold."""
    ledger = Ledger(target="api", given_up=True)
    memory.save(replace(a_case(), check="http"), (), "well", at(1))

    memory.save(a_case(an_incident(), ledger, a_hold()), (), "given up", at(2))

    container, http = memory.load_cases()
    assert (container.check, http.check) == ("container", "http")
    assert (ledger, a_hold(), None) == (http.ledger, http.hold, http.incident)


def test_a_decision_is_written_whole_or_not_at_all(memory: Memory, file: JournalFile) -> None:
    """When its last part cannot be written, none of its parts is there, and the next save writes all."""
    stranger = a_notification(an_incident(99))

    with pytest.raises(JournalError, match="FOREIGN KEY"):
        memory.save(a_case(an_incident(), hold=a_hold()), (stranger,), "opened", at(1))
    assert (file.number("SELECT count(*) FROM entries"), memory.load_cases()) == (0, ())

    memory.save(a_case(an_incident(), hold=a_hold()), (), "opened", at(1))
    assert (a_case(an_incident(), hold=a_hold()),) == memory.load_cases()


def test_what_has_not_changed_is_not_written_again(memory: Memory, file: JournalFile) -> None:
    """A second decision that changes nothing costs one line of the story."""
    case = a_case(an_incident(), hold=a_hold())
    memory.save(case, (), "opened", at(1))
    before = file.number("SELECT total_changes()")

    memory.save(case, (), "still so", at(2))

    assert file.number("SELECT total_changes()") - before == 1


def test_incident_numbers_go_on_after_a_restart(path: Path) -> None:
    """No number is given twice, resolved incidents included."""
    with reopened(path) as memory:
        assert memory.last_incident_number() == 0
        for number in (9, 10):
            memory.save(a_case(an_incident(number, phase=Phase.RESOLVED)), (), "healed", at(1))
        named = replace(an_incident(), id="storm", target="db")
        memory.save(a_case(named), (), "an id without a number", at(1))

    with reopened(path) as memory:
        assert memory.last_incident_number() == 10


@settings(max_examples=30, deadline=None)
@given(st.lists(every_field(Known, target=NAMES), max_size=5, unique_by=lambda known: known.target))
def test_targets_seen_are_known_after_a_restart(targets: list[Known]) -> None:
    """A service that is gone when the daemon starts is still missed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        with reopened(path) as memory:
            memory.save_targets(tuple(targets))
        with reopened(path) as memory:
            assert sorted(targets, key=lambda k: k.target.encode()) == list(memory.load_targets())


def test_a_target_is_kept_as_last_seen_until_it_is_forgotten(memory: Memory) -> None:
    """A new container takes the place of the old one; others stay; what was forgotten may come back."""
    origin = ComposeOrigin(project="p", service="api", config_files=("/a.yml", "/b.yml"))
    old = Known(target="api", container_id="1", wishes=Wishes(hold=True), origin=origin)
    new, other = replace(old, container_id="2"), Known(target="db", container_id="3")

    memory.save_targets((old, other))
    memory.save_targets((new,))
    assert (new, other) == memory.load_targets()

    memory.forget_target("api")
    memory.forget_target("never seen")
    assert (other,) == memory.load_targets()

    memory.save_targets((new,))
    assert (new, other) == memory.load_targets()


def test_a_finding_with_odd_characters_is_no_obstacle(memory: Memory) -> None:
    """What a container prints never keeps watchdog from deciding."""
    odd = replace(an_incident(), finding=Finding("exited", {"error": "\0 \udc80 é 😀 ' \" \\"}))

    memory.save(a_case(odd), (a_notification(odd),), "opened: \0 \udc80", at(1))

    (case,) = memory.load_cases()
    assert case.incident is not None
    assert case.incident.finding.facts == {"error": "\0 ? é 😀 ' \" \\"}


def test_the_last_good_configuration_is_kept(memory: Memory) -> None:
    """One is kept, the latest, with every file's text; none before the first."""
    assert memory.kept_config() is None
    older, newer = (
        KeptConfig(path="/etc/w.yml", files={"/etc/w.yml": text}, at=at(second))
        for second, text in enumerate(("version: 1\n", "# é\nversion: 1\n"))
    )

    memory.keep_config(older)
    memory.keep_config(newer)

    assert memory.kept_config() == newer


def test_the_journal_can_be_asked_whether_it_writes(memory: Memory) -> None:
    """A beat is written as often as wanted, and one row is left."""
    memory.beat(at(1))
    memory.beat(at(2))


def test_that_people_were_warned_is_remembered_without_an_incident(path: Path) -> None:
    """Of each check by itself, until it is over; a daemon that starts anew tells nothing twice."""
    warned = Warned(since=at(1), kind="disk_low", kind_since=at(1), told=("disk_low",), at=at(61))
    case = replace(a_case(), warned=warned)
    with reopened(path) as memory:
        memory.save(case, (), "told", at(61))
        memory.save(replace(a_case(), check="other"), (), "well", at(62))
    with reopened(path) as memory:
        assert [each.warned for each in memory.load_cases()] == [warned]
        memory.save(replace(case, warned=None), (), "over", at(900))
    with reopened(path) as memory:
        assert memory.load_cases() == ()
