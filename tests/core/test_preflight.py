from __future__ import annotations

import json

import pytest

from watchdog.core.preflight import (
    Asked,
    Differs,
    FirstSight,
    Made,
    Same,
    Unknown,
    compare,
    flatten,
    name_changes,
)

OURS, THEIRS = "2.26.1", "5.6.1"
KEYS = flatten({"image": "app:1", "environment": {"MODE": "1"}, "build": {"context": "."}})
EDITED = flatten({"image": "app:1", "environment": {"MODE": "2", "NEW": "x"}, "build": {"context": "."}})


def sight(faithful: bool | None = True) -> FirstSight:
    return FirstSight(container_id="c", version=OURS, keys=KEYS, faithful=faithful)


def asked(keys: dict[str, str], config_hash: str = "other", *, keeps: bool | None = None) -> Asked:
    return Asked(version=OURS, config_hash=config_hash, keys=keys, keeps=keeps)


@pytest.mark.parametrize(
    ("now", "first", "expected"),
    [
        (asked(KEYS, "hash"), None, Same()),
        (asked(KEYS, keeps=True), None, Same()),
        (asked(EDITED, keeps=False), sight(), Differs(("environment.MODE", "environment.NEW"))),
        (asked(EDITED, keeps=False), None, Differs()),
        (asked(KEYS, keeps=False), sight(faithful=False), Differs()),
        (asked(KEYS, keeps=False), sight(), Same()),
        (asked(EDITED), sight(), Differs(("environment.MODE", "environment.NEW"))),
        (asked(KEYS), None, Unknown()),
    ],
    ids=[
        "hash as in the label",
        "Compose would keep it",
        "edited",
        "edited, never seen before",
        "edited before it was first seen",
        "only the id of a neighbour is another one",
        "gone, and edited",
        "gone, and never seen",
    ],
)
def test_the_compose_that_made_it_is_asked(now: Asked, first: FirstSight | None, expected: object) -> None:
    """Its own word counts; where that is no, the first sight names what changed."""
    assert compare(Made(version=OURS, config_hash="hash"), now, first) == expected


@pytest.mark.parametrize(
    ("keys", "first", "expected"),
    [
        (KEYS, sight(None), Same()),
        (EDITED, sight(None), Differs(("environment.MODE", "environment.NEW"))),
        (KEYS, None, Unknown(THEIRS)),
    ],
)
def test_what_another_compose_made_is_compared_with_its_first_sight(
    keys: dict[str, str], first: FirstSight | None, expected: object
) -> None:
    """Hashes of two versions cannot be compared: an unchanged file is no refusal, an edited one is named."""
    made = Made(version=THEIRS, config_hash="theirs")
    assert compare(made, asked(keys, "ours", keeps=False), first) == expected


def test_no_value_is_kept() -> None:
    """A value may be a secret: only what it digests to is remembered."""
    flat = flatten({"environment": {"PASSWORD": "hunter2"}, "command": ["run", "--token=hunter2"]})
    assert set(flat) == {"environment.PASSWORD", "command"}
    assert "hunter2" not in json.dumps(flat)


def test_how_an_image_is_made_is_not_what_a_container_is() -> None:
    """Another build argument, replica count or dependency does not change a container."""
    now = flatten(
        {"build": {"args": {"A": "1"}}, "deploy": {"replicas": 3}, "scale": 2, "depends_on": {"db": {}}}
    )
    assert name_changes({}, now) == ()
    assert name_changes({}, flatten({"deploy": {"resources": {"limits": {"memory": "1"}}}})) == (
        "deploy.resources.limits.memory",
    )


def test_a_key_without_a_value_is_no_key() -> None:
    """`environment: {DEBUG: }` that nothing fills in is as if it were not written."""
    assert set(flatten({"image": "app", "environment": {"DEBUG": None, "MODE": "live"}})) == {
        "image",
        "environment.MODE",
    }
