from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.gateways.compose_parts import StandIn, replica
from watchdog.core.errors import Changed, Refused
from watchdog.core.roster import ComposeOrigin
from watchdog.gateways.compose_command import ComposeCommand
from watchdog.gateways.compose_project import ComposeProject, check_files


@pytest.fixture
def project(stand_in: StandIn) -> ComposeProject:
    return ComposeProject(ComposeCommand("/run/docker.sock"))


async def test_before_an_act_the_files_are_read_anew(
    project: ComposeProject, stand_in: StandIn, origin: ComposeOrigin
) -> None:
    """An included file may have changed unseen: an old answer will not do."""
    assert project.remembered(origin) is None
    await project.services(origin, every_profile=True)
    assert project.remembered(origin) == {"image": "web:1"}
    stand_in.say("config", json.dumps({"services": {"web": {"image": "web:2"}}}))
    assert await project.services(origin, every_profile=True) != {"web": {"image": "web:2"}}
    assert await project.service(origin) == {"image": "web:2"}


async def test_a_service_that_is_gone_has_changed(project: ComposeProject, origin: ComposeOrigin) -> None:
    """The error names it: asking again is useless."""
    with pytest.raises(Changed) as caught:
        await project.service(replace(origin, service="gone"))
    assert caught.value.names == ("gone",)


@pytest.mark.parametrize("missing", ["compose.yml", "prod.env"])
def test_a_file_that_is_gone_has_changed(origin: ComposeOrigin, missing: str) -> None:
    """It is named, with what may be the cause."""
    path = f"{origin.working_dir}/{missing}"
    gone = replace(origin, config_files=(path,), working_dir=origin.working_dir)
    if missing == "compose.yml":
        gone = replace(gone, config_files=(f"{origin.working_dir}/moved/compose.yml",))
    with pytest.raises(Changed, match="mounted at the same path"):
        check_files(gone)


async def test_replicas_are_those_that_compose_lists(
    project: ComposeProject, stand_in: StandIn, origin: ComposeOrigin
) -> None:
    """A failure to list is an error, never "none"."""
    stand_in.say("ps", "\n".join((replica(1), replica(2), replica(2), replica(1, one_off=True), "no JSON")))
    assert (await project.replicas(origin)).numbers == {"1", "2"}
    stand_in.say("ps", "", code=1)
    with pytest.raises(Refused, match="cannot list web"):
        await project.replicas(origin)


async def test_a_rehearsal_tells_what_would_be_touched(
    project: ComposeProject, stand_in: StandIn, origin: ComposeOrigin
) -> None:
    """By name, passing names as what they stand for; nothing when it failed."""
    told = " DRY-RUN MODE -  Container 0123456789ab_demo-web-1  Recreate\n"
    stand_in.say("dry-run", told)
    assert await project.rehearse(origin, ("up", "-d")) == (("demo-web-1", "Recreate"),)
    stand_in.say("dry-run", told, code=1)
    assert await project.rehearse(origin, ("up", "-d")) == ()
