"""What is watched: the name of a target, and what its labels ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"
ONE_OFF = "com.docker.compose.oneoff"

ENABLE = "watchdog.enable"
HOLD = "watchdog.hold"
EXPECT = "watchdog.expect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What config and labels say of one target. None where they say nothing.

    Attributes:
        enabled: False takes the target out of watchdog's sight.
        hold: True keeps watchdog's hands off for good.
        expect_running: True answers "should it be up?" when nobody saw who stopped it.
    """

    enabled: bool = True
    hold: bool = False
    expect_running: bool = False


def name_target(labels: Mapping[str, str], container_name: str) -> str:
    """The name of a container's target: its Compose service, `service#2` for a second replica.

    A container that Compose did not make goes by its own name.
    """
    service = labels.get(SERVICE)
    if not service:
        return container_name.lstrip("/")
    number = labels.get(NUMBER, "1")
    return service if number == "1" else f"{service}#{number}"


def read_labels(labels: Mapping[str, str]) -> Wishes:
    """What the labels of a container ask for. A value that is no yes or no counts as not said."""
    return Wishes(
        enabled=not _is(labels.get(ENABLE), "false", "no", "0", "off"),
        hold=_is(labels.get(HOLD), "true", "yes", "1", "on"),
        expect_running=_is(labels.get(EXPECT), "running"),
    )


def combine(config: Wishes, labels: Wishes) -> Wishes:
    """Both wishes as one: config beats labels, and a label may only narrow what watchdog does."""
    return Wishes(
        enabled=config.enabled and labels.enabled,
        hold=config.hold or labels.hold,
        expect_running=config.expect_running or labels.expect_running,
    )


def _is(value: str | None, *words: str) -> bool:
    return value is not None and value.strip().lower() in words
