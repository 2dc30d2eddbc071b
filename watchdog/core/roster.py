"""Which targets there are, which container each has now, and what is known of the past of each container."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from watchdog.core.container import ContainerFacts, End, RestartSample, Sighting
from watchdog.core.dependency import Member, read_compose_dependencies
from watchdog.core.doom import noted_end
from watchdog.core.event import EngineEvent, Life
from watchdog.core.moment import Moment
from watchdog.core.observation import Hand
from watchdog.core.target import ENABLE, PROJECT, SERVICE, Wishes, is_one_off, name_target, read_labels

# Enough to see a crash loop, few enough to forget.
KEPT_SAMPLES = 8
# How long a stop may take by default; an inspect tells the container's own.
STOP_WINDOW = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeOrigin:
    """Where Compose made a container from, as its labels say.

    Attributes:
        version: of the Compose that made it. config_hash: what that one made of the service's configuration.
    """

    project: str
    service: str
    config_files: tuple[str, ...] = ()
    working_dir: str = ""
    environment_files: tuple[str, ...] = ()
    image_id: str = ""
    image: str = ""
    container_id: str = ""
    version: str = ""
    config_hash: str = ""


def object_to_replacing(origin: ComposeOrigin | None, replicas: int) -> str:
    """Why a container must not be replaced through Compose, "" if it may.

    Compose replaces a service as a whole: the well replicas would go with the sick one.
    """
    if origin is None:
        return "Compose did not make this container"
    if replicas > 1:
        return f"{origin.service} has {replicas} replicas, and replacing one replaces all"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRow:
    """One line of the engine's list. `created`: seconds since 1970."""

    id: str
    name: str
    image_id: str
    image: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    state: str = "running"
    health: str = ""
    created: int = 0
    network_mode: str = ""
    networks: tuple[str, ...] = ()


def without_own(rows: Iterable[ContainerRow], own_id: str) -> tuple[ContainerRow, ...]:
    """The rows without our own container, and without whatever goes by the name of our own service.

    A second replica of it, by mistake, or somebody's forgery: to replace one of them through Compose would be to
    replace ourselves. `own_id`: the id or how it begins, "" outside a container.
    """
    rows = tuple(rows)
    own = next((row for row in rows if own_id and row.id.startswith(own_id)), None)
    if own is None:
        return rows
    service = own.labels.get(SERVICE)
    mine = (own.labels.get(PROJECT), service)
    return tuple(
        row
        for row in rows
        if row is not own and not (service and (row.labels.get(PROJECT), row.labels.get(SERVICE)) == mine)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One target, as last seen. `container_id` is kept after the container is gone; `present` then is False.

    `incarnation` is that of the last inspect, to tell a rest that lasts from a new one; `ailing`: then its
    healthcheck had just failed, not often enough yet to be called unhealthy. `needs`: what Compose says of it.
    `restarted`: the engine may start it again by itself, as far as is known.
    """

    target: str
    container_id: str
    image_id: str = ""
    state: str = ""
    health: str = ""
    present: bool = True
    wishes: Wishes = Wishes()
    origin: ComposeOrigin | None = None
    resting_since: Moment | None = None
    incarnation: str = ""
    ailing: bool = False
    restarted: bool = True
    network_mode: str = ""
    networks: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def as_member(self, wishes: Wishes) -> Member:
        """What it needs, as far as the graph of the stack goes; `wishes`: of config and labels together."""
        return Member(
            target=self.target,
            container_id=self.container_id,
            network_mode=self.network_mode,
            compose=self.needs,
            asked=wishes.depends_on or (),
            priority=wishes.priority or 0,
        )


@dataclass(frozen=True, slots=True)
class Roster:
    """All targets by name, all lives and restart counts by container id, the latest ends by target."""

    targets: Mapping[str, Known] = field(default_factory=dict)
    lives: Mapping[str, Life] = field(default_factory=dict)
    restarts: Mapping[str, tuple[RestartSample, ...]] = field(default_factory=dict)
    ends: Mapping[str, tuple[End, ...]] = field(default_factory=dict)

    def listed(self, rows: Iterable[ContainerRow], now: Moment) -> tuple[Roster, frozenset[str]]:
        """The roster after a full list, and the targets that look different from what was known.

        An empty list makes every target absent, but removes none: what that means is for judgement.
        Only a label that takes it out of sight removes a target.
        """
        best: dict[str, ContainerRow] = {}
        disabled: set[str] = set()
        listed: set[str] = set()
        for row in rows:
            listed.add(row.id)
            if is_one_off(row.labels):
                continue
            name = name_target(row.labels, row.name)
            if ENABLE in row.labels and not read_labels(row.labels).enabled:
                disabled.add(name)
            elif name not in best or _rank(row) > _rank(best[name]):
                best[name] = row
        targets = {name: _from_row(name, row, self.targets.get(name), now) for name, row in best.items()}
        for name, known in self.targets.items():
            if name not in targets and name not in disabled:
                targets[name] = replace(known, present=False, state="", health="", resting_since=None)
        changed = frozenset(name for name, known in targets.items() if known != self.targets.get(name))
        # While one container replaces another, both lives matter; and events run ahead of the list.
        current = listed | {known.container_id for known in targets.values()}
        return (
            Roster(
                targets=targets,
                lives={i: life for i, life in self.lives.items() if i in current or life.removed_by is None},
                restarts={i: samples for i, samples in self.restarts.items() if i in current},
                ends={name: ends for name, ends in self.ends.items() if name in targets},
            ),
            changed,
        )

    def heard(self, event: EngineEvent, hand: Hand, now: Moment) -> Roster:
        """The roster after one event: only lives change, the list and inspects tell the rest."""
        life = self.lives.get(event.container_id, Life(container_id=event.container_id))
        lives = {**self.lives, event.container_id: life.after(event, hand, now, STOP_WINDOW)}
        return replace(self, lives=lives)

    def witnessed_since(self, container_ids: Iterable[str], engine_time: int, *, gap: bool) -> Roster:
        """The roster knowing that no event of these containers was missed since `engine_time` (ns).

        With a gap before that time, nothing that was known from earlier on is complete any more.
        """
        lives = dict(self.lives)
        for container_id in container_ids:
            life = lives.get(container_id, Life(container_id=container_id))
            if life.known_from is None or (gap and life.known_from < engine_time):
                lives[container_id] = replace(life, known_from=engine_time)
        return replace(self, lives=lives)

    def attributed(self, container_id: str) -> Roster:
        """The roster knowing that we were in the middle of stopping or replacing this container.

        It may run on all the same: a signal to end that we did not announce is a person's even so.
        """
        ours = Hand.WATCHDOG
        before = self.lives.get(container_id, Life(container_id=container_id))
        life = replace(
            before, first_kill=ours, killed_at=None, ended_by=ours, removed_by=ours, created_by=ours
        )
        return replace(self, lives={**self.lives, container_id: life})

    def ended_with_the_engine(self, answered: Moment | None) -> Roster:
        """The roster after the engine ended: whom it signalled since it last `answered` us, it may have ended itself.

        On its way out the engine stops all containers, and its events tell of that as of a person's stops
        (measured); but it answers nobody any more, while a person's stop is looked at within milliseconds.
        """
        nobody = Hand.UNKNOWN
        return replace(
            self,
            lives={
                container_id: replace(life, first_kill=nobody, ended_by=life.ended_by and nobody)
                if life.first_kill is Hand.PERSON
                and life.killed_at is not None
                and (answered is None or answered.precedes(life.killed_at))
                else life
                for container_id, life in self.lives.items()
            },
        )

    def inspected(self, target: str, facts: ContainerFacts, now: Moment) -> Roster:
        """The roster after an inspect of a target's container."""
        known = self.targets[target]
        down = facts.state in ("exited", "created", "dead")
        # Started and down again between two looks: that is a new rest, and the engine has its turn anew.
        same = known.container_id == facts.id and known.incarnation in ("", facts.incarnation)
        since = known.resting_since if same else None
        resting = (since or now) if down else None
        known = replace(
            known,
            container_id=facts.id,
            image_id=facts.image_id,
            state=facts.state,
            health=facts.health,
            present=True,
            resting_since=resting,
            incarnation=facts.incarnation,
            ailing=facts.state == "running" and facts.failing_streak > 0,
            network_mode=facts.network_mode,
            restarted=facts.restart_policy not in ("", "no"),
        )
        samples = self.restarts.get(facts.id, ())
        if not samples or samples[-1].count != facts.restart_count:
            samples = (*samples, RestartSample(at=now, count=facts.restart_count))[-KEPT_SAMPLES:]
        return replace(
            self,
            targets={**self.targets, target: known},
            restarts={**self.restarts, facts.id: samples},
            ends={**self.ends, target: noted_end(self.ends.get(target, ()), facts, now)},
        )

    def forgotten(self, target: str) -> Roster:
        """The roster without a target that nobody asks for any more."""
        return replace(self, targets={name: known for name, known in self.targets.items() if name != target})

    def target_of(self, container_id: str) -> str | None:
        """The target whose container this is."""
        return next((n for n, known in self.targets.items() if known.container_id == container_id), None)

    def sighting(self, target: str, facts: ContainerFacts | None, wishes: Wishes) -> Sighting:
        """What was just seen of a target, with its past."""
        known = self.targets[target]
        return Sighting(
            target=target,
            facts=facts,
            life=self.lives.get(known.container_id, Life(container_id=known.container_id)),
            restarts=self.restarts.get(known.container_id, ()),
            resting_since=known.resting_since,
            expect_running=wishes.expect_running,
            ends=self.ends.get(target, ()),
        )


def read_origin(
    labels: Mapping[str, str], image_id: str, image: str, container_id: str = ""
) -> ComposeOrigin | None:
    """Where Compose made a container from, None if it did not."""
    service, project = labels.get(SERVICE), labels.get(PROJECT)
    if not service or not project:
        return None
    return ComposeOrigin(
        project=project,
        service=service,
        config_files=_paths(labels.get("com.docker.compose.project.config_files")),
        working_dir=labels.get("com.docker.compose.project.working_dir", ""),
        environment_files=_paths(labels.get("com.docker.compose.project.environment_file")),
        image_id=image_id,
        image=image,
        container_id=container_id,
        version=labels.get("com.docker.compose.version", ""),
        config_hash=labels.get("com.docker.compose.config-hash", ""),
    )


def _paths(value: str | None) -> tuple[str, ...]:
    return tuple(path for path in (value or "").split(",") if path)


def _rank(row: ContainerRow) -> tuple[bool, int]:
    return (row.state in ("running", "restarting", "paused"), row.created)


def _looks_the_same(known: Known, row: ContainerRow) -> bool:
    seen = (known.state, known.health, known.networks, known.image_id)
    image = row.image if known.origin is None else known.origin.image
    return (*seen, image) == (row.state, row.health, row.networks, row.image_id, row.image)


def _from_row(name: str, row: ContainerRow, before: Known | None, now: Moment) -> Known:
    down = row.state in ("exited", "created", "dead")
    if before is None or before.container_id != row.id or not before.present:
        before = None
    elif _looks_the_same(before, row) and down == (before.resting_since is not None):
        # What a container is labelled with never changes: its labels are read once, not at each list.
        return before
    since = before.resting_since if before is not None else None
    return Known(
        target=name,
        container_id=row.id,
        image_id=row.image_id,
        state=row.state,
        health=row.health,
        wishes=read_labels(row.labels),
        origin=read_origin(row.labels, row.image_id, row.image, row.id),
        resting_since=(since or now) if down else None,
        incarnation=before.incarnation if before is not None else "",
        ailing=before.ailing if before is not None else False,
        restarted=before.restarted if before is not None else True,
        network_mode=row.network_mode,
        networks=row.networks,
        needs=read_compose_dependencies(row.labels),
    )
