from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.gateways.compose_parts import StandIn, replica
from watchdog.core.errors import Changed, Refused
from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.compose_command import ComposeCommand
from watchdog.gateways.compose_preflight import Preflight
from watchdog.gateways.compose_project import ComposeProject

KEPT = " DRY-RUN MODE -  Container demo-web-1  Running\n"
REPLACED = " DRY-RUN MODE -  Container demo-web-1  Recreate\n"


class Stage:
    """A preflight over a stand-in; `edit` is what a person writes into the files."""

    def __init__(self, stand_in: StandIn, origin: ComposeOrigin) -> None:
        self.stand_in, self.origin = stand_in, origin
        command = ComposeCommand("/run/docker.sock")
        self.project = ComposeProject(command)
        self.preflight = Preflight(command, self.project)
        stand_in.say("ps", replica(1))
        self.edit(environment={"MODE": "1"})

    def edit(self, **service: Any) -> None:
        self.stand_in.say("config", json.dumps({"services": {"web": {"image": "web:1", **service}}}))

    def hash_differs(self, dry_run: str) -> None:
        self.stand_in.say("hash", "web xyz")
        self.stand_in.say("dry-run", dry_run)

    async def check(self, origin: ComposeOrigin | None = None) -> None:
        origin = origin or self.origin
        await self.preflight.check(origin, await self.project.service(origin))


@pytest.fixture
def stage(stand_in: StandIn, origin: ComposeOrigin) -> Stage:
    return Stage(stand_in, origin)


async def test_the_hash_in_the_label_is_enough(stage: Stage) -> None:
    """The same Compose, the same hash: nothing else is asked."""
    await stage.check()
    assert stage.stand_in.asked_for("up") == []


async def test_else_a_dry_run_tells(stage: Stage) -> None:
    """Compose's own hash is blind for some services; what it would do is not."""
    stage.hash_differs(KEPT)
    await stage.check()
    stage.hash_differs(REPLACED)
    with pytest.raises(Changed, match="the configuration of web is not the one"):
        await stage.check()


async def test_what_changed_is_named_with_the_files_and_what_to_do(stage: Stage) -> None:
    """The human knows where to look, and what to run if that is wanted; values are not shown."""
    await stage.preflight.see(stage.origin)
    (stage.stand_in.folder / ".env").touch()
    stage.edit(environment={"MODE": "hunter2", "NEW": "x"})
    stage.hash_differs(REPLACED)
    with pytest.raises(Changed) as caught:
        await stage.check()
    assert caught.value.names == ("environment.MODE", "environment.NEW")
    assert str(caught.value) == (
        "environment.MODE and environment.NEW changed since the container of web was created (compose.yml, .env): "
        "run `docker compose up -d web` yourself if that is wanted"
    )


async def test_many_names_are_cut(stage: Stage) -> None:
    """A line for people."""
    await stage.preflight.see(stage.origin)
    stage.edit(environment={f"N{n:02}": "1" for n in range(20)})
    stage.hash_differs(REPLACED)
    with pytest.raises(Changed, match=r"environment\.N06 and 13 more changed"):
        await stage.check()


async def test_what_another_compose_made_is_compared_with_its_first_sight(stage: Stage) -> None:
    """Without one it cannot be told, and that is said; with one, an unchanged file is no refusal."""
    theirs = replace(stage.origin, version="5.6.1", config_hash="theirs")
    with pytest.raises(Refused, match=r"cannot be told yet.*another Compose \(5\.6\.1\) made it") as caught:
        await stage.check(theirs)
    assert not isinstance(caught.value, Changed)
    sight = await stage.preflight.see(theirs)
    assert sight.faithful is None
    await stage.check(theirs)
    stage.edit(environment={"MODE": "2"})
    with pytest.raises(Changed, match=r"environment\.MODE changed"):
        await stage.check(theirs)


async def test_a_first_sight_says_whether_the_container_was_what_the_files_say(stage: Stage) -> None:
    """Somebody may have edited them before watchdog came."""
    assert (await stage.preflight.see(stage.origin)).faithful is True
    stage.hash_differs(REPLACED)
    assert (await stage.preflight.see(stage.origin)).faithful is False
    stage.hash_differs(KEPT)
    assert (await stage.preflight.see(stage.origin)).faithful is True


async def test_a_container_that_is_gone_is_compared_by_what_is_remembered(stage: Stage) -> None:
    """There is nothing to keep, so a dry run says nothing."""
    stage.stand_in.say("ps", "")
    stage.hash_differs(" DRY-RUN MODE -  Container demo-web-1  Creating\n")
    with pytest.raises(Refused, match="cannot be told yet"):
        await stage.check()
    stage.stand_in.say("hash", "web abc")
    sight = await stage.preflight.see(stage.origin)
    stage.hash_differs("")
    await stage.check()
    stage.preflight.remember(())
    with pytest.raises(Refused, match="cannot be told yet"):
        await stage.check()
    stage.preflight.remember((sight,))
    await stage.check()
