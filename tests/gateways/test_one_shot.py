"""One-shot containers: what they may do is what they were given, and nothing of them is left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import RealEngine
from tests.gateways.stages import RealStage
from tests.gateways.waiting import until
from watchdog.core.errors import Refused, Unreachable
from watchdog.core.target import PROJECT, SERVICE
from watchdog.gateways.docker import DockerEngine, EngineOptions
from watchdog.gateways.one_shot import LABEL, Lent, OneShot, OneShots

SECRET = "not-for-every-eye"
SHELL = ("sh", "-c")


@pytest.fixture
async def stage(real_engine: RealEngine) -> AsyncIterator[RealStage]:
    made = RealStage(real_engine)
    try:
        yield made
    finally:
        await asyncio.to_thread(real_engine.remove_all, scope(made))
        await made.close()


@pytest.fixture
def shots(stage: RealStage) -> OneShots:
    return OneShots(stage.docker, stage.image)


def scope(stage: RealStage) -> str:
    """The label that this stage's one-shots carry."""
    return f"{LABEL}={stage.docker.options.scope}"


def left(stage: RealStage) -> list[str]:
    """The one-shots that are there."""
    return stage.real.cli("ps", "-aq", "--filter", f"label={scope(stage)}").split()


async def test_a_description_is_the_command_line_that_would_do_the_same() -> None:
    """People see in the plan what it may touch; of a secret they see the name."""
    shots = OneShots(DockerEngine(EngineOptions(project="p")), "own:image")
    shot = OneShot(
        command=("certbot", "renew", "--cert-name", "a b"),
        lent=(Lent("/etc/letsencrypt", "/etc/letsencrypt", writable=True), Lent("webroot", "/var/www")),
        capabilities=("DAC_OVERRIDE",),
        network="bloomberg-net",
        environment={"TOKEN": SECRET},
    )
    assert await shots.describe(shot) == (
        "docker run --rm --read-only --cap-drop ALL --cap-add DAC_OVERRIDE --user 0:0 --network bloomberg-net "
        "-v /etc/letsencrypt:/etc/letsencrypt -v webroot:/var/www:ro -e TOKEN "
        "--entrypoint certbot own:image renew --cert-name 'a b'"
    )


async def test_outside_a_container_there_is_no_image_of_its_own() -> None:
    """A watchdog that runs as a plain process says what it would take."""
    shots = OneShots(DockerEngine(EngineOptions(project="p")), own_id=lambda: "")
    with pytest.raises(Refused, match="run watchdog as a container"):
        await shots.run(OneShot(command=("true",)))


@pytest.mark.engine
async def test_it_tells_how_its_command_ended(stage: RealStage, shots: OneShots) -> None:
    """Exit code and both streams come back; the container is gone."""
    ended = await shots.run(
        OneShot(command=(*SHELL, 'echo "$TOKEN"; echo oh >&2; exit 3'), environment={"TOKEN": SECRET})
    )
    assert (ended.code, ended.output, ended.complaint) == (3, f"{SECRET}\n".encode(), b"oh\n")
    assert left(stage) == []


@pytest.mark.engine
async def test_it_may_do_what_it_was_given_and_nothing_else(
    stage: RealStage, shots: OneShots, tmp_path: Path
) -> None:
    """Named folders, those that are to be read only read; no network, no capability, no other file."""
    given, shown = tmp_path / "given", tmp_path / "shown"
    for folder in (given, shown):
        folder.mkdir()
    script = """
        echo new > /given/file || echo "given: no"
        echo new > /shown/file || echo "shown: no"
        echo new > /etc/file || echo "rootfs: no"
        echo new > /tmp/file || echo "tmp: no"
        chown 1000 /given/file || echo "capability: no"
        ls /sys/class/net
        grep CapEff /proc/self/status
    """
    lent = (Lent(str(given), "/given", writable=True), Lent(str(shown), "/shown"))
    ended = await shots.run(OneShot(command=(*SHELL, script), lent=lent))
    told = ended.output.decode().split("\n")[:-1]
    assert told == ["shown: no", "rootfs: no", "capability: no", "lo", "CapEff:\t0000000000000000"]
    assert (given / "file").read_text() == "new\n"
    able = await shots.run(
        OneShot(command=("chown", "1000", "/given/file"), lent=lent, capabilities=("CHOWN",))
    )
    assert able.code == 0
    assert (given / "file").stat().st_uid == 1000


@pytest.mark.engine
async def test_it_is_of_the_image_that_the_daemon_runs_in(stage: RealStage) -> None:
    """Without being told, it takes the image of the daemon's own container."""
    own = await stage.run("watchdog")
    shots = OneShots(stage.docker, own_id=lambda: own)
    assert (await shots.run(OneShot(command=("true",)))).code == 0
    assert str(await stage.engine.image_id(stage.image)) in await shots.describe(OneShot(command=("true",)))


@pytest.mark.engine
async def test_what_is_lent_must_exist(shots: OneShots, tmp_path: Path) -> None:
    """A folder that is missing is an error, not an empty folder that the engine makes."""
    with pytest.raises(Refused, match="does not exist"):
        await shots.run(OneShot(command=("true",), lent=(Lent(str(tmp_path / "missing"), "/given"),)))
    assert not (tmp_path / "missing").exists()


@pytest.mark.engine
async def test_it_is_killed_at_its_deadline(stage: RealStage, shots: OneShots) -> None:
    """A command that hangs, deaf to SIGTERM, is over when its time is, and gone."""
    with pytest.raises(Unreachable, match=r"did not end within 0\.5 s and was killed"):
        await shots.run(OneShot(command=(*SHELL, "trap '' TERM; sleep 100"), within=0.5))
    assert left(stage) == []


@pytest.mark.engine
async def test_it_ends_with_the_daemon(stage: RealStage, shots: OneShots) -> None:
    """A daemon that stops in the middle leaves no container behind."""
    running = asyncio.create_task(shots.run(OneShot(command=("sleep", "100"))))
    await until(lambda: bool(left(stage)))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert left(stage) == []


@pytest.mark.engine
async def test_a_program_that_is_not_there_is_refused(stage: RealStage, shots: OneShots) -> None:
    """What cannot be started says so, and is gone."""
    with pytest.raises(Refused, match="no-such-program"):
        await shots.run(OneShot(command=("no-such-program",)))
    assert left(stage) == []


@pytest.mark.engine
async def test_the_next_daemon_clears_up(stage: RealStage, shots: OneShots) -> None:
    """What a killed daemon left is removed, and only what this stack's watchdog left."""
    name = f"{stage.project}-left"
    stage.real.cli(
        "run", "-d", "-l", scope(stage), "-l", stage.real.label, "--name", name, stage.image, "sleep", "100"
    )
    await stage.run("web")
    assert await shots.remove_leftovers() == 1
    assert left(stage) == []
    assert len(await stage.engine.list_containers()) == 1


@pytest.mark.engine
async def test_what_this_daemon_does_itself_is_no_leftover(stage: RealStage, shots: OneShots) -> None:
    """A step that is taken up again at the start must not be cleared up with what was left."""
    running = asyncio.create_task(shots.run(OneShot(command=("sleep", "100"))))
    await until(lambda: bool(left(stage)))
    assert await shots.remove_leftovers() == 0
    assert len(left(stage)) == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert left(stage) == []


@pytest.mark.engine
async def test_it_is_no_target_even_of_an_image_that_compose_built(stage: RealStage) -> None:
    """Images built by Compose hand their labels on; neither the census nor Compose may take it for a service."""
    made = await stage.run("built", started=False)
    image = f"{stage.project}:labelled"
    labels = f"LABEL {PROJECT}={stage.project} {SERVICE}=web com.docker.compose.version=2"
    stage.real.cli("commit", "--change", labels, made, image)
    shots = OneShots(stage.docker, image)
    try:
        running = asyncio.create_task(shots.run(OneShot(command=("sleep", "100"))))
        await until(lambda: bool(left(stage)))
        (shot,) = left(stage)
        seen = await stage.engine.list_containers()
        inherited = json.loads(stage.real.cli("inspect", "-f", "{{json .Config.Labels}}", shot))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    finally:
        stage.real.cli("rm", "-f", made)
        stage.real.cli("rmi", "-f", image)
    assert [row.id for row in seen] == [made]
    assert inherited["com.docker.compose.version"] == "2"
    assert inherited[PROJECT] == ""
