"""Logs that the engine keeps whole: weighed and cut, on the real engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import RealEngine
from tests.gateways.stages import RealStage
from tests.gateways.waiting import until
from watchdog.core.disk import WholeLog
from watchdog.core.errors import Refused
from watchdog.gateways.one_shot import OneShots
from watchdog.gateways.stores import Stores
from watchdog.gateways.whole_logs import KEPT, cut_log, cut_shot, weigh_logs

IMAGE = "debian:trixie-slim"
LINES = 40_000
WRITER = (
    f"awk 'BEGIN {{ for (i = 0; i < {LINES}; i++) printf \"%d %0100d\\n\", i, 0 }}'; "
    "while :; do echo tick; sleep 0.2; done"
)


@pytest.fixture
async def stage(real_engine: RealEngine) -> AsyncIterator[RealStage]:
    if not real_engine.cli("images", "-q", IMAGE):
        pytest.skip(f"no image {IMAGE}")
    made = RealStage(real_engine)
    try:
        yield made
    finally:
        await made.close()


def write(stage: RealStage, name: str, *options: str, project: str = "") -> str:
    """A container of the stage's project that has said several MB, and goes on; its id."""
    labels = ("-l", stage.real.label, "-l", f"com.docker.compose.project={project or stage.project}")
    command = ("--name", f"{stage.project}-{name}", stage.image, "sh", "-c", WRITER)
    return stage.real.cli("run", "-d", *labels, *options, *command)


def test_a_one_shot_sees_the_folder_of_one_container() -> None:
    """And has neither a network nor any capability."""
    shot = cut_shot(WholeLog(target="web", container_id="c", path="/docker/c/c-json.log"))
    assert [(each.source, each.at, each.writable) for each in shot.lent] == [("/docker/c", "/log", True)]
    assert (shot.capabilities, shot.network) == ((), "none")


@pytest.mark.engine
async def test_a_log_is_cut_and_goes_on(stage: RealStage) -> None:
    """Its end stays, new lines come in, and whoever asks for the last lines is answered at once."""
    made = write(stage, "web")
    write(stage, "rotated", "--log-opt", "max-size=50m")
    write(stage, "other", project=f"{stage.project}x")
    stores = Stores(stage.docker.ask_for, stage.project)
    (log,) = await stores.whole_logs()
    assert (log.container_id, log.path.endswith(f"{made}-json.log")) == (made, True)
    shots = OneShots(stage.docker, IMAGE)
    await until(lambda: stage.real.cli("logs", "--tail", "1", made) == "tick", 20.0)

    before = (await weigh_logs(shots, (log,), 0))[log]
    assert before > 4 * KEPT
    await cut_log(shots, log)
    after = (await weigh_logs(shots, (log,), 0))[log]
    assert after < KEPT + 64 * 1024
    await cut_log(shots, log)

    lines = await stage.docker.logs(made, 100)
    assert len(lines) > 50
    assert lines[-1] == "tick"
    ticks = stage.real.cli("logs", "--tail", "1000", made).count("tick")
    await until(lambda: stage.real.cli("logs", "--tail", "1000", made).count("tick") > ticks)
    assert await weigh_logs(shots, (log,), 1) == {}


@pytest.mark.engine
async def test_what_is_no_regular_file_is_not_touched(stage: RealStage) -> None:
    """A link, or another file than the engine's own, is refused."""
    made = write(stage, "web")
    shots = OneShots(stage.docker, IMAGE)
    (log,) = await Stores(stage.docker.ask_for, stage.project).whole_logs()
    folder = WholeLog(target="web", container_id=made, path=log.path.replace(f"{made}-json.log", "mounts"))
    assert (await weigh_logs(shots, (folder,), 0))[folder] == 0
    with pytest.raises(Refused, match="no regular file"):
        await cut_log(shots, folder)
