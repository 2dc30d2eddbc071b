"""Whether a container is still what its Compose files say: compared before it is replaced.

A replacement is made from the files as they are now. If somebody has edited them since, it would ship that
edit: at night, untested, by us. So like is compared with like: Compose's own answer where the Compose that
made the container is the one at hand; else what that one read when it first saw the container.

Belongs here: the comparison and the names of what differs. Does not: asking Compose, and the words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# They say how an image is made, how many there are or who else is needed: not what a container is.
NOT_OF_THE_CONTAINER = frozenset(
    {"build", "depends_on", "develop", "profiles", "pull_policy", "scale", "deploy.replicas"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSight:
    """What the files asked of a container's service when watchdog first saw the container.

    Attributes:
        version: of the Compose that was asked.
        keys: dotted key -> digest of its value; never the value, which may be a secret.
        faithful: the container was then what the files said; None when that could not be told, because
            another version of Compose had made it.
    """

    container_id: str
    version: str
    keys: Mapping[str, str]
    faithful: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a container's labels say of its making: the version of Compose, and its hash of the service."""

    version: str = ""
    config_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the files ask now, by the Compose at hand.

    Attributes:
        keeps: whether that Compose would keep the container as it is; None when it could not tell.
    """

    version: str
    config_hash: str
    keys: Mapping[str, str] = field(default_factory=dict)
    keeps: bool | None = None


@dataclass(frozen=True, slots=True)
class Same:
    """A replacement would be what there is."""


@dataclass(frozen=True, slots=True)
class Differs:
    """A replacement would be another one. `names`: the keys that differ, as far as they are known."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """There is nothing to compare with. `made_by`: the other version of Compose, "" if not even that is known."""

    made_by: str = ""


Comparison = Same | Differs | Unknown


def compare(made: Made, asked: Asked, first: FirstSight | None) -> Comparison:
    """Whether the files still ask for what the container is."""
    if made.version and made.version == asked.version:
        return _compare_with_its_maker(made, asked, first)
    if first is None:
        return Unknown(made.version)
    names = name_changes(first.keys, asked.keys)
    return Differs(names) if names else Same()


def _compare_with_its_maker(made: Made, asked: Asked, first: FirstSight | None) -> Comparison:
    if asked.keeps or (made.config_hash and made.config_hash == asked.config_hash):
        return Same()
    names = name_changes(first.keys, asked.keys) if first is not None else ()
    if first is not None and first.faithful and not names:
        # Its hash holds the id of another container (`network_mode: service:x`), which was replaced.
        return Same()
    if asked.keeps is None and not names:
        return Unknown()
    return Differs(names)


def flatten(service: Mapping[str, Any]) -> dict[str, str]:
    """The dotted keys of a service with the digests of their values; a list is one value."""
    found: dict[str, str] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, Mapping) and value:
            for key, each in value.items():
                walk(f"{prefix}.{key}" if prefix else str(key), each)
        elif value is not None:
            found[prefix] = digest(value)

    walk("", service)
    return found


def name_changes(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of the container that came, went or have another value, by name."""
    keys = {key for key in {*before, *now} if before.get(key) != now.get(key)}
    return tuple(sorted(key for key in keys if not _is_aside(key)))


def digest(value: Any) -> str:
    """The SHA-256 of anything that JSON can say."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _is_aside(key: str) -> bool:
    return any(key == aside or key.startswith(f"{aside}.") for aside in NOT_OF_THE_CONTAINER)
