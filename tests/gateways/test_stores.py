"""What the engine stores."""

from __future__ import annotations

import io
import tarfile
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest

from tests.conftest import RealEngine
from watchdog.core.disk import Weight
from watchdog.core.errors import Refused, Unreachable
from watchdog.core.target import PROJECT
from watchdog.gateways.docker import DockerEngine, EngineOptions
from watchdog.gateways.lanes import Circuit, Lane
from watchdog.gateways.stores import Stores

DF = {
    "Images": [
        {"Id": "sha256:" + "a" * 64, "RepoTags": ["web:1"], "Size": 500},
        {"Id": "sha256:" + "b" * 64, "RepoTags": None, "Size": 50},
    ],
    "Containers": [{"Id": "c", "Names": ["/web"], "SizeRw": 7}, {"Id": "d", "Names": ["/idle"]}],
    "Volumes": [{"Name": "data", "UsageData": {"Size": 900}}, {"Name": "unused", "UsageData": None}],
    "BuildCache": [{"Size": 5}, {"Size": 6, "Shared": True}],
}


class FakeClient:
    """Answers as the SDK does."""

    def df(self) -> dict[str, Any]:
        return DF

    def images(self, *, filters: dict[str, Any]) -> list[dict[str, Any]]:
        assert filters == {"dangling": True, "label": [f"{PROJECT}=shop"]}
        return [{"Id": "sha256:" + "b" * 64, "Size": 50}]

    def prune_images(self, *, filters: dict[str, Any]) -> dict[str, Any]:
        assert filters == {"dangling": True, "label": [f"{PROJECT}=shop"]}
        return {"ImagesDeleted": [{"Deleted": "sha256:" + "b" * 64}, {"Deleted": "sha256:" + "f" * 64}]}

    def containers(self, *, all: bool, filters: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: A002
        assert all
        assert filters == {"label": [f"{PROJECT}=shop"]}
        return [{"Id": "c", "Names": ["/web"], "Labels": {}}, {"Id": "d", "Names": ["/db"], "Labels": {}}]

    def inspect_container(self, container_id: str) -> dict[str, Any]:
        config = {"max-size": "10m"} if container_id == "d" else {}
        path = f"/docker/containers/{container_id}/{container_id}-json.log"
        return {"HostConfig": {"LogConfig": {"Type": "json-file", "Config": config}}, "LogPath": path}


def make_stores(project: str) -> Stores:
    async def ask(call: Callable[[Any], Any], within: float, lane: Lane | None = None) -> Any:
        assert within > 0
        assert lane is not None
        return call(FakeClient())

    return Stores(ask, project)


async def test_an_engine_that_adds_up_for_minutes_stands_in_nobodys_way() -> None:
    """Neither the looks of the daemon, nor the removal of images in the same emergency, wait for that."""
    engine, waiting = Circuit("the engine"), threading.Event()

    async def ask(call: Callable[[Any], Any], within: float, lane: Lane | None = None) -> Any:
        assert lane is not None
        assert lane.circuit is not engine
        slow = "df" in call.__code__.co_names
        return await lane.call(
            waiting.wait if slow else lambda: call(FakeClient()), within=0.1 if slow else 5.0
        )

    stores = Stores(ask, "shop")
    try:
        for _ in range(6):
            with pytest.raises(Unreachable):
                await stores.weigh()
        assert await stores.unrotated() == ("web",)
        assert engine.abandoned == 0
    finally:
        waiting.set()


async def test_everything_has_its_weight() -> None:
    """Images, what containers wrote, volumes, and the build cache; what has no size counts as none."""
    assert [(w.what, w.name, w.size) for w in await make_stores("shop").weigh()] == [
        ("image", "web:1", 500),
        ("image", "b" * 12, 50),
        ("container", "web", 7),
        ("container", "idle", 0),
        ("volume", "data", 900),
        ("volume", "unused", 0),
        ("build cache", "of the engine", 5),
    ]


async def test_logs_that_are_kept_whole_are_found() -> None:
    """Those without a largest size."""
    assert await make_stores("shop").unrotated() == ("web",)
    assert await make_stores("").unrotated() == ()
    assert [(log.target, log.path) for log in await make_stores("shop").whole_logs()] == [
        ("web", "/docker/containers/c/c-json.log")
    ]
    assert await make_stores("").whole_logs() == ()


async def test_only_nameless_images_of_this_project_are_asked_for() -> None:
    """Neither another project's, nor one with a name, such as those that are kept for a way back."""
    stores = make_stores("shop")
    assert [each.size for each in await stores.dangling()] == [50]
    assert await stores.prune() == 1


async def test_without_a_project_no_image_is_ours() -> None:
    """Nothing named means nothing, never everything."""
    with pytest.raises(Refused, match="no Compose project"):
        await make_stores("").prune()
    with pytest.raises(Refused, match="no Compose project"):
        await make_stores("").dangling()


@pytest.fixture
async def engine(real_engine: RealEngine) -> AsyncIterator[DockerEngine]:
    engine = DockerEngine(EngineOptions(socket=real_engine.socket, label=real_engine.label))
    yield engine
    engine.close()


@pytest.mark.engine
async def test_only_the_projects_own_nameless_images_go(engine: DockerEngine) -> None:
    """In a real engine: another project's stay, and those that have a name (so those kept for a way back)."""
    project = f"wdtest{uuid.uuid4().hex[:8]}"
    stores = Stores(engine.ask_for, project)

    def make(labels: dict[str, str], repository: str | None = None) -> Any:
        def ask(client: Any) -> str:
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as archive:
                entry = tarfile.TarInfo(uuid.uuid4().hex)
                archive.addfile(entry, io.BytesIO())
            changes = [f"LABEL {key}={value}" for key, value in labels.items()]
            answer = client.import_image_from_data(packed.getvalue(), repository=repository, changes=changes)
            return str(answer).strip().split('"')[-2]

        return engine.ask_for(ask, 20.0)

    ours = await make({PROJECT: project})
    others = await make({PROJECT: f"{project}x"})
    kept = await make({PROJECT: project}, f"watchdog-rollback/{project}/web:pending")
    try:
        assert [w.name for w in await stores.dangling()] == [ours.removeprefix("sha256:")[:12]]
        assert await stores.prune() == 1
        assert await stores.dangling() == ()
        left = await engine.ask_for(lambda client: {i["Id"] for i in client.images(all=True)}, 10.0)
        assert {others, kept} <= left
        assert ours not in left
        assert all(isinstance(each, Weight) for each in await stores.weigh())
    finally:
        for each in (others, kept):
            await engine.ask_for(partial(remove, each), 20.0)


def remove(image: str, client: Any) -> None:
    client.remove_image(image, force=True)
