"""Compose itself is asked where an engine answers; what we ask of it, and refuse to ask, is seen on a stand-in."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import RealEngine
from tests.gateways.compose_parts import FakeShelf, StandIn, replica
from watchdog.core.errors import Changed, Refused, Unreachable
from watchdog.core.roster import ComposeOrigin, ContainerRow, read_origin
from watchdog.gateways.compose import ComposeCli, ComposeOptions
from watchdog.gateways.docker import DockerEngine, EngineOptions


@pytest.fixture
def compose(stand_in: StandIn, shelf: FakeShelf) -> ComposeCli:
    return ComposeCli(shelf, ComposeOptions(socket="/run/some.sock"))


async def test_only_the_named_service_is_recreated_from_its_own_files(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin, tmp_path: Path
) -> None:
    """Nothing is built or pulled, no dependency touched, and the files are those of the running container."""
    (tmp_path / "prod.env").touch()
    await compose.recreate(replace(origin, environment_files=(f"{tmp_path}/prod.env",)))
    (up,) = stand_in.asked_for("up")
    assert up == (
        f"docker compose --ansi never --project-directory {tmp_path} -p demo -f {tmp_path}/compose.yml "
        f"--env-file {tmp_path}/prod.env --progress plain "
        "up -d --force-recreate --no-build --pull never --no-deps web"
    )


async def test_compose_does_not_see_our_environment(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the daemon's environment says would beat the project's own `.env`."""
    monkeypatch.setenv("IMAGE_TAG", "wrong")
    await compose.recreate(origin)
    seen = (stand_in.folder / "environment").read_text()
    assert "IMAGE_TAG" not in seen
    assert "DOCKER_HOST=unix:///run/some.sock" in seen


async def test_replicas_beyond_the_files_stay(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin
) -> None:
    """Someone scaled up by hand: a recreation takes no replica away. A one-off run or a half-made twin is none."""
    stand_in.say("ps", "\n".join((replica(1), replica(2), replica(2), replica(1, one_off=True))))
    await compose.recreate(origin)
    await compose.recreate(replace(origin, service="many"))
    first, second = stand_in.asked_for("up")
    assert first.endswith("--scale web=2 --no-deps web")
    assert "--scale" not in second


async def test_the_list_of_an_older_compose_is_understood(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin
) -> None:
    """One array instead of one object a line."""
    stand_in.say("ps", f"[{replica(1)},{replica(2)}]\n")
    await compose.recreate(origin)
    assert "--scale web=2" in stand_in.asked_for("up")[0]


DRY_RUN = """
 DRY-RUN MODE -  Container demo-db-1  {}
 DRY-RUN MODE -  Container tower  Recreate
 DRY-RUN MODE -  Container tower  Recreated
 DRY-RUN MODE -  Container 0123456789ab_tower  Starting
"""


@pytest.mark.parametrize(
    ("told", "code", "alone"),
    [
        (DRY_RUN.format("Running"), 0, False),
        (DRY_RUN.format("Healthy"), 0, False),
        (DRY_RUN.format("Recreate"), 0, True),
        (DRY_RUN.format("Created"), 0, True),
        (DRY_RUN.format("Running"), 1, True),
        ("unknown flag: --dry-run", 0, True),
    ],
)
async def test_a_service_keeps_its_dependencies_in_writing_when_they_stay_as_they_are(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin, told: str, code: int, *, alone: bool
) -> None:
    """Without `--no-deps` the labels are whole; with it, nothing that a dry run would touch is touched."""
    stand_in.say("dry-run", told, code)
    await compose.recreate(replace(origin, service="leaning"))
    assert ("--no-deps" in stand_in.asked_for("up")[-1]) is alone


async def test_a_service_that_is_built_goes_by_its_default_image(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin
) -> None:
    """Without `image:` Compose names it after project and service."""
    await compose.recreate(replace(origin, service="built"))
    assert len(stand_in.asked_for("up")) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"service": "gone"}, "does not define gone any more"),
        ({"image_id": "sha256:2"}, "another image now"),
        ({"config_files": ()}, "do not say which Compose files"),
        ({"working_dir": ""}, "do not say which Compose files"),
        ({"config_files": ("/nowhere/compose.yml",)}, "mounted at the same path"),
        ({"environment_files": ("/nowhere/.env",)}, "/nowhere/.env of the project demo is not there"),
    ],
)
async def test_what_would_ship_something_else_is_refused(
    compose: ComposeCli,
    stand_in: StandIn,
    origin: ComposeOrigin,
    change: dict[str, object],
    reason: str,
) -> None:
    """A recreation gives back what ran, or nothing."""
    (stand_in.folder / "asked").touch()
    with pytest.raises(Refused, match=reason):
        await compose.recreate(replace(origin, **change))  # type: ignore[arg-type]
    assert stand_in.asked_for("up") == []


async def test_an_image_that_is_gone_is_not_pulled(stand_in: StandIn, origin: ComposeOrigin) -> None:
    """Without the image there is nothing to recreate from."""
    nothing = FakeShelf()
    nothing.names.clear()
    with pytest.raises(Refused, match="not here any more, and nothing is pulled"):
        await ComposeCli(nothing).recreate(origin)


@pytest.mark.parametrize("verb", ["config", "ps", "up"])
async def test_a_failure_of_compose_is_refused(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin, verb: str
) -> None:
    """Whatever step it is."""
    stand_in.say(verb, "", code=1)
    with pytest.raises(Refused):
        await compose.recreate(origin)


async def test_the_last_words_of_compose_are_told(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin
) -> None:
    """The reason is at the end of what it prints."""
    stand_in.say("up", "", code=1)
    with pytest.raises(Refused, match="compose could not recreate web: pulling out cannot do it"):
        await compose.recreate(origin)


async def test_no_more_than_two_recreations_run_at_once(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin
) -> None:
    """All of many recreations are done in the end."""
    await asyncio.gather(*(compose.recreate(origin) for _ in range(5)))
    assert len(stand_in.asked_for("up")) == 5


@pytest.mark.parametrize(
    ("service", "expected"),
    [("web", True), ("one", True), ("many", True), ("gone", False), ("idle", False), ("off", False)],
)
async def test_a_service_is_asked_for_when_it_is_in_the_files_and_above_zero(
    compose: ComposeCli, origin: ComposeOrigin, service: str, *, expected: bool
) -> None:
    """Removed, of an inactive profile, or scaled to zero: the project does not ask for it."""
    assert await compose.defines(replace(origin, service=service)) is expected


async def test_the_project_is_read_once_until_a_file_changes(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin, tmp_path: Path
) -> None:
    """Twenty missing services cost one question, and a change is seen at once."""
    await asyncio.gather(*(compose.defines(replace(origin, image_id=str(n))) for n in range(20)))
    assert len(stand_in.asked_for("config")) == 1
    (tmp_path / ".env").touch()
    stand_in.say("config", '{"services": {}}')
    assert await compose.defines(origin) is False
    os.utime(tmp_path / "compose.yml", (1, 1))
    await compose.defines(origin)
    assert len(stand_in.asked_for("config")) == 3


@pytest.mark.parametrize(("output", "code"), [("", 15), ("not json", 0)])
async def test_an_unreadable_project_tells_nothing(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin, output: str, code: int
) -> None:
    """A broken file is no proof that a service is gone."""
    stand_in.say("config", output, code)
    assert await compose.defines(origin) is None


async def test_a_project_out_of_sight_tells_nothing(compose: ComposeCli, origin: ComposeOrigin) -> None:
    """A file that is not mounted is no proof either."""
    assert await compose.defines(replace(origin, config_files=("/nowhere/compose.yml",))) is None


async def test_the_standalone_compose_will_do(stand_in: StandIn, origin: ComposeOrigin) -> None:
    """`docker-compose` of version 2, where `docker` has no such plugin."""
    (stand_in.folder / "bin" / "docker").write_text("#!/bin/sh\nexit 1\n")
    stand_in.install("docker-compose")
    await ComposeCli(FakeShelf()).recreate(origin)
    assert stand_in.asked_for("up")[0].startswith("docker-compose --ansi never")


@pytest.mark.parametrize("version", ["1.29.2", None])
async def test_no_compose_is_told_with_what_to_do(
    stand_in: StandIn, origin: ComposeOrigin, version: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old Python Compose is none."""
    monkeypatch.setenv("PATH", f"{stand_in.folder}/bin")
    (stand_in.folder / "bin" / "docker").unlink()
    if version:
        monkeypatch.setenv("PATH", f"{stand_in.folder}/bin:/bin")
        stand_in.install("docker")
        stand_in.install("docker-compose")
        stand_in.say("version", version)
    with pytest.raises(Unreachable, match="Install the Compose plugin"):
        await ComposeCli(FakeShelf()).recreate(origin)


async def test_a_build_keeps_the_way_back_before_anything_else(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin, shelf: FakeShelf
) -> None:
    """Only the named service is built; if that fails, nothing has to be replaced."""
    built = replace(origin, service="built")
    lines: list[str] = []
    await compose.build(built, lines.append)
    assert stand_in.asked_for("build")[0].endswith("--profile * --progress plain build built")
    assert "#1 building" in lines
    assert shelf.names["watchdog-rollback/demo/built:pending"] == "sha256:1"
    stand_in.say("build", "", code=17)
    with pytest.raises(Refused, match="could not build built: no such file"):
        await compose.build(built)
    assert await compose.give_back(built) is False
    await compose.settled(built)
    assert await compose.give_back(built) is None


async def test_a_built_image_gives_its_name_back(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin, shelf: FakeShelf
) -> None:
    """The old image gets the name again, and only then are the containers replaced."""
    built = replace(origin, service="built")
    await compose.build(built)
    shelf.names["demo-built:latest"] = "sha256:2"
    assert await compose.give_back(replace(built, image_id="sha256:2")) is True
    assert shelf.names["demo-built:latest"] == "sha256:1"
    await compose.replace(replace(built, image_id="sha256:2"))
    assert stand_in.asked_for("up")[0].endswith(
        "up -d --force-recreate --no-build --pull never --no-deps built"
    )


async def test_a_replacement_that_was_cut_short_is_finished(
    compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin
) -> None:
    """Two containers of one number, or one with a passing name: the old image is there, its place is not."""
    built = replace(origin, service="built")
    await compose.build(built)
    half = json.loads(replica(1)) | {"Name": "0123456789ab_demo-built-1"}
    stand_in.say("ps", f"{replica(1)}\n{json.dumps(half)}")
    assert await compose.give_back(built) is True


async def test_a_service_without_build_cannot_be_built(compose: ComposeCli, origin: ComposeOrigin) -> None:
    """That is known before anybody is asked, once its files were read."""
    assert compose.builds(origin) is None
    with pytest.raises(Refused, match="has no `build:`"):
        await compose.build(origin)
    with pytest.raises(Refused, match="has no `build:`"):
        await compose.pin(origin, build=True)
    assert compose.builds(origin) is False
    assert compose.builds(replace(origin, service="built")) is True


async def test_a_plan_is_pinned_to_what_it_is_made_of(
    stand_in: StandIn, origin: ComposeOrigin, shelf: FakeShelf, tmp_path: Path
) -> None:
    """Another image, configuration or file in the build context is another plan."""
    compose = ComposeCli(shelf, list_files=lambda *_: ["Dockerfile"])
    service = {"build": {"context": str(tmp_path)}}
    stand_in.say("config", json.dumps({"services": {"web": service}}))
    shelf.names["demo-web:latest"] = "sha256:1"
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    first = await compose.pin(origin, build=True)
    assert first.keys() == {"runs", "config", "image", "build", "context"}
    assert await compose.pin(origin, build=True) == first
    (tmp_path / "Dockerfile").write_text("FROM busybox")
    shelf.names["demo-web:latest"] = "sha256:2"
    stand_in.say("config", json.dumps({"services": {"web": {**service, "init": True}}}))
    second = await compose.pin(origin, build=True)
    assert {name for name in first if first[name] != second[name]} == {"config", "image", "context"}


async def test_a_recreation_is_pinned_to_the_image_that_ran(
    compose: ComposeCli, origin: ComposeOrigin, shelf: FakeShelf
) -> None:
    """When the name means another one now, the plan says that it would be refused."""
    assert (await compose.pin(origin)).keys() == {"runs", "config"}
    shelf.names["web:1"] = "sha256:2"
    with pytest.raises(Changed) as caught:
        await compose.pin(origin)
    assert caught.value.names == ("image",)


async def test_its_own_service_is_refused(stand_in: StandIn, origin: ComposeOrigin) -> None:
    """The daemon does not replace the container that it runs in."""

    async def own_labels() -> dict[str, str]:
        return {"com.docker.compose.project": "demo", "com.docker.compose.service": "web"}

    compose = ComposeCli(FakeShelf(), own_labels=own_labels)
    with pytest.raises(Refused, match="web is watchdog itself"):
        await compose.recreate(origin)
    await compose.recreate(replace(origin, service="one"))


async def test_an_edit_is_not_shipped(compose: ComposeCli, stand_in: StandIn, origin: ComposeOrigin) -> None:
    """Nothing is replaced when the files say something else than the container is."""
    stand_in.say("hash", "web xyz")
    stand_in.say("dry-run", "Container demo-web-1  Recreate\n")
    stand_in.say("ps", replica(1))
    for act in (compose.recreate, compose.build, compose.replace):
        with pytest.raises(Changed):
            await act(origin)
    assert [line for line in stand_in.asked_for("up") if "dry-run" not in line] == []
    assert stand_in.asked_for("build") == []


# On the real engine, with the real Compose.

PROJECT_FILE = """
services:
  web:
    image: {image}
    network_mode: none
    command: [sh, -c, 'trap "exit 0" TERM; while :; do sleep 0.1; done']
    labels: &labels
      watchdog.test: {label}
    depends_on: [db]
  db:
    image: {image}
    network_mode: none
    command: [sleep, "600"]
    stop_grace_period: 1s
    labels: *labels
  extra:
    image: {image}
    network_mode: none
    profiles: [extra]
"""


@dataclass
class Project:
    """A small project that really runs."""

    name: str
    folder: Path
    image: str
    real: RealEngine
    docker: DockerEngine

    async def cli(self, *arguments: str) -> str:
        return await asyncio.to_thread(self.real.cli, *arguments)

    async def compose(self, *arguments: str) -> str:
        return await self.cli("compose", "--project-directory", str(self.folder), "-p", self.name, *arguments)

    async def rows(self) -> dict[str, ContainerRow]:
        rows = await self.docker.list_containers()
        return {row.labels["com.docker.compose.service"]: row for row in rows}

    async def origin(self, service: str) -> ComposeOrigin:
        row = (await self.rows())[service]
        origin = read_origin(row.labels, row.image_id, row.image, row.id)
        assert origin is not None
        return origin


@pytest.fixture
async def project(real_engine: RealEngine, tmp_path: Path) -> AsyncIterator[Project]:
    name = f"wdtest-{uuid.uuid4().hex[:8]}"
    image = f"{name}:latest"
    docker = DockerEngine(EngineOptions(socket=real_engine.socket, project=name))
    made = Project(name, tmp_path, image, real_engine, docker)
    (tmp_path / "docker-compose.yml").write_text(PROJECT_FILE.format(image=image, label=real_engine.label))
    await made.cli("tag", real_engine.image, image)
    try:
        await made.compose("up", "-d")
        yield made
    finally:
        await made.compose("--profile", "*", "down", "-t", "0", "--volumes")
        await made.cli("rmi", image)
        docker.close()


@pytest.mark.engine
async def test_a_recreated_container_is_a_new_one_of_the_same_image(project: Project) -> None:
    """New id, same image, running; its neighbour is the same container, still running."""
    before = await project.rows()
    await ComposeCli(project.docker.images).recreate(await project.origin("web"))
    after = await project.rows()
    assert after["web"].id != before["web"].id
    assert after["web"].image_id == before["web"].image_id
    assert (after["web"].name, after["web"].state) == (before["web"].name, "running")
    assert after["db"] == before["db"]


@pytest.mark.engine
async def test_a_dependency_that_someone_stopped_stays_stopped(project: Project) -> None:
    """Recreating a service starts nothing that it depends on."""
    await project.compose("stop", "-t", "0", "db")
    before = await project.rows()
    await ComposeCli(project.docker.images).recreate(await project.origin("web"))
    after = await project.rows()
    assert after["web"].id != before["web"].id
    assert (after["db"].id, after["db"].state) == (before["db"].id, "exited")


@pytest.mark.engine
async def test_a_dependency_whose_configuration_changed_waits_for_a_person(project: Project) -> None:
    """An edit that nobody applied yet is not applied by us."""
    before = await project.rows()
    file = project.folder / "docker-compose.yml"
    file.write_text(file.read_text().replace('"600"', '"601"'))
    await ComposeCli(project.docker.images).recreate(await project.origin("web"))
    after = await project.rows()
    assert after["web"].id != before["web"].id
    assert after["db"] == before["db"]


@pytest.mark.engine
async def test_a_container_that_is_gone_is_made_again(project: Project) -> None:
    """What was removed comes back, alone."""
    origin = await project.origin("web")
    await project.cli("rm", "-f", (await project.rows())["web"].id, (await project.rows())["db"].id)
    await ComposeCli(project.docker.images).recreate(origin)
    assert list(await project.rows()) == ["web"]


@pytest.mark.engine
async def test_an_up_by_a_person_has_nothing_to_do_after_a_recreation(project: Project) -> None:
    """Compose recognises the container as its own."""
    await ComposeCli(project.docker.images).recreate(await project.origin("web"))
    after = await project.rows()
    await project.compose("up", "-d")
    assert await project.rows() == after


@pytest.mark.engine
async def test_a_tag_that_was_moved_is_not_shipped(project: Project) -> None:
    """A new image under the same tag waits for a person."""
    origin = await project.origin("web")
    before = await project.rows()
    await project.cli("commit", "-c", "LABEL new=yes", before["db"].id, project.image)
    with pytest.raises(Refused, match="another image now"):
        await ComposeCli(project.docker.images).recreate(origin)
    assert {row.id for row in (await project.rows()).values()} == {row.id for row in before.values()}


@pytest.mark.engine
async def test_the_real_compose_tells_what_the_project_asks_for(project: Project) -> None:
    """There, of an inactive profile, and removed from the file."""
    compose = ComposeCli(project.docker.images)
    origin = await project.origin("web")
    assert await compose.defines(origin) is True
    assert await compose.defines(replace(origin, service="extra")) is False
    (project.folder / ".env").write_text("COMPOSE_PROFILES=extra\n")
    assert await compose.defines(replace(origin, service="extra")) is True
    (project.folder / "docker-compose.yml").write_text(f"services: {{db: {{image: '{project.image}'}}}}\n")
    assert await compose.defines(origin) is False
    (project.folder / "docker-compose.yml").write_text("services: [")
    assert await compose.defines(origin) is None
    (project.folder / "docker-compose.yml").write_text(
        PROJECT_FILE.format(image=project.image, label=project.real.label)
    )
