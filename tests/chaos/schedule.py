"""Which faults come when: from a seed alone, so that the same seed brings the same schedule."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

PLAIN = tuple(f"plain-{number}" for number in range(1, 10))
PROBED = tuple(f"probed-{number}" for number in range(1, 5))
APIS = ("api-1", "api-2", "api-3")
# The engine restarts these by itself.
KEPT = ("kept-1", "kept-2")
SERVICES = (*PLAIN, *PROBED, "db", *APIS, "web", *KEPT)
NEEDS = {**dict.fromkeys(APIS, ("db",)), "web": ("api-1",)}
ANYBODY = SERVICES
MENDABLE = (*PLAIN, *PROBED)

# Seconds between two faults, on average, and before the first one.
BETWEEN, CALM = 0.9, 2.0


class Kind(StrEnum):
    """What can happen. Those with a second half bring it later by themselves."""

    KILL_9 = "kill -9"
    EXIT = "exit code 3"
    UNHEALTHY = "unhealthy"
    OUTAGE = "dependency outage"
    MANY = "several at once"
    BAD_START = "bad start (127)"
    MENDED = "bad start mended"
    PERSON_STOPS = "docker stop"
    PERSON_KILLS = "docker kill"
    PERSON_STARTS = "docker start"
    PERSON_RESTARTS = "docker restart"
    RECREATE = "up --force-recreate"
    PAUSE = "docker pause"
    UNPAUSE = "docker unpause"
    MAINTENANCE = "maintenance begin"
    MAINTENANCE_ENDS = "maintenance end"
    DAEMON_KILLED = "daemon SIGKILL"
    CUT = "SIGKILL while it heals"
    DAEMON_BACK = "daemon started"
    ENGINE_REFUSES = "engine refuses"
    ENGINE_HANGS = "engine hangs"
    ENGINE_BACK = "engine answers"
    ANSWER_LOST = "answer lost"
    RECEIVER_DOWN = "receiver down"
    RECEIVER_BACK = "receiver back"


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """One fault: when (seconds from the beginning), what, and to whom. `pick` chooses among what is there then."""

    at: float
    kind: Kind
    targets: tuple[str, ...] = ()
    pick: float = 0.0


# How likely each is beside the others, whom it may befall, and what follows it after so many seconds.
_WEIGHTS: dict[Kind, tuple[float, tuple[str, ...]]] = {
    Kind.KILL_9: (14, ANYBODY),
    Kind.EXIT: (10, (*PLAIN, *PROBED, *KEPT)),
    Kind.UNHEALTHY: (8, PROBED),
    Kind.OUTAGE: (2, ("db",)),
    Kind.MANY: (2, ANYBODY),
    Kind.BAD_START: (2, MENDABLE),
    Kind.PERSON_STOPS: (6, ANYBODY),
    Kind.PERSON_KILLS: (4, ANYBODY),
    Kind.PERSON_STARTS: (9, ()),
    Kind.PERSON_RESTARTS: (2, ANYBODY),
    Kind.RECREATE: (2, ANYBODY),
    Kind.PAUSE: (2, (*PLAIN, *PROBED)),
    Kind.MAINTENANCE: (2, ANYBODY),
    Kind.DAEMON_KILLED: (2, ()),
    Kind.CUT: (3, (*PLAIN, *PROBED)),
    Kind.ENGINE_REFUSES: (1.5, ()),
    Kind.ENGINE_HANGS: (1, ()),
    Kind.ANSWER_LOST: (3, ()),
    Kind.RECEIVER_DOWN: (1, ()),
}
_FOLLOWED: dict[Kind, tuple[Kind, float, float]] = {
    Kind.BAD_START: (Kind.MENDED, 8.0, 20.0),
    Kind.PAUSE: (Kind.UNPAUSE, 2.0, 10.0),
    Kind.MAINTENANCE: (Kind.MAINTENANCE_ENDS, 5.0, 15.0),
    Kind.DAEMON_KILLED: (Kind.DAEMON_BACK, 0.1, 5.0),
    Kind.CUT: (Kind.DAEMON_BACK, 1.0, 5.0),
    Kind.ENGINE_REFUSES: (Kind.ENGINE_BACK, 1.0, 6.0),
    Kind.ENGINE_HANGS: (Kind.ENGINE_BACK, 1.0, 8.0),
    Kind.RECEIVER_DOWN: (Kind.RECEIVER_BACK, 2.0, 8.0),
}


def make_schedule(seed: int, seconds: float) -> tuple[Planned, ...]:
    """All faults of a run of so many seconds, in order. What follows a fault comes within them too."""
    dice = random.Random(seed)
    kinds, weights = tuple(_WEIGHTS), tuple(weight for weight, _ in _WEIGHTS.values())
    planned: list[Planned] = []
    at = CALM
    while (at := at + dice.expovariate(1 / BETWEEN)) < seconds:
        (kind,) = dice.choices(kinds, weights)
        among = _WEIGHTS[kind][1]
        many = dice.randint(3, 6) if kind is Kind.MANY else 1
        targets = tuple(sorted(dice.sample(among, many))) if among else ()
        pick = dice.random()
        planned.append(Planned(at, kind, targets, pick))
        if kind in _FOLLOWED:
            after, least, most = _FOLLOWED[kind]
            planned.append(Planned(min(seconds, at + dice.uniform(least, most)), after, targets, pick))
    return tuple(sorted(planned))
