"""What is watched: the name of a target, and what its labels ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"
ONE_OFF = "com.docker.compose.oneoff"
VERSION = "com.docker.compose.version"

ENABLE = "watchdog.enable"
HOLD = "watchdog.hold"
EXPECT = "watchdog.expect"
DEPENDS_ON = "watchdog.depends_on"
PRIORITY = "watchdog.priority"
PLAYBOOK = "watchdog.playbook"

# A priority further out than this, either way, is a mistake and counts as not said.
GREATEST_PRIORITY = 1000
# Anybody who may make a container may write labels: no list of names is longer than this.
MOST_NAMES = 64
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.#-]{0,127}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What config and labels say of one target. None where they say nothing.

    Attributes:
        enabled: False takes the target out of watchdog's sight.
        hold: True keeps watchdog's hands off for good.
        expect_running: True answers "should it be up?" when nobody saw who stopped it.
        depends_on: targets or Compose services that it needs, beside those that Compose knows of.
        priority: who is started first of those that may be started: the greater one. 0 where nothing is said.
        playbook: the name of the remedy to take for it.
    """

    enabled: bool = True
    hold: bool = False
    expect_running: bool = False
    depends_on: tuple[str, ...] | None = None
    priority: int | None = None
    playbook: str | None = None


def name_target(labels: Mapping[str, str], container_name: str) -> str:
    """The name of a container's target: its Compose service, `service#2` for a second replica.

    A container that Compose did not make goes by its own name.
    """
    service = labels.get(SERVICE)
    if not service:
        return container_name.lstrip("/")
    number = labels.get(NUMBER, "1")
    return service if number == "1" else f"{service}#{number}"


def is_one_off(labels: Mapping[str, str]) -> bool:
    """Whether a container is none of its service's: of `compose run`, or of `docker run` on an image that Compose built.

    Such an image names project, service and the version of Compose, and what runs on it has these labels, too. What
    Compose makes for a service has a number besides.
    """
    if labels.get(ONE_OFF, "False").lower() == "true":
        return True
    return SERVICE in labels and VERSION in labels and NUMBER not in labels


def service_of(target: str) -> str:
    """The Compose service of a target: `api` of `api#2`."""
    return target.partition("#")[0]


def read_labels(labels: Mapping[str, str]) -> Wishes:
    """What the labels of a container ask for. A value that makes no sense counts as not said."""
    return Wishes(
        enabled=not _is(labels.get(ENABLE), "false", "no", "0", "off"),
        hold=_is(labels.get(HOLD), "true", "yes", "1", "on"),
        expect_running=_is(labels.get(EXPECT), "running"),
        depends_on=read_names(labels.get(DEPENDS_ON, "")) or None,
        priority=_read_priority(labels.get(PRIORITY, "")),
        playbook=next(iter(read_names(labels.get(PLAYBOOK, ""))), None),
    )


def read_names(value: str) -> tuple[str, ...]:
    """The names in `a, b`, each once; what is no name is passed over."""
    names = (name.strip() for name in value.split(","))
    return tuple(dict.fromkeys(name for name in names if _NAME.fullmatch(name)))[:MOST_NAMES]


def combine(config: Wishes, labels: Wishes) -> Wishes:
    """Both wishes as one: config beats labels, and a label may only narrow what watchdog does, or pick a remedy."""
    return Wishes(
        enabled=config.enabled and labels.enabled,
        hold=config.hold or labels.hold,
        expect_running=config.expect_running or labels.expect_running,
        depends_on=labels.depends_on if config.depends_on is None else config.depends_on,
        priority=labels.priority if config.priority is None else config.priority,
        playbook=labels.playbook if config.playbook is None else config.playbook,
    )


def _read_priority(value: str) -> int | None:
    number = int(value) if _NUMBER.fullmatch(value := value.strip()) else None
    return number if number is not None and abs(number) <= GREATEST_PRIORITY else None


def _is(value: str | None, *words: str) -> bool:
    return value is not None and value.strip().lower() in words
