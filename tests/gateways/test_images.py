"""The names of images, in a real engine."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from tests.conftest import RealEngine
from watchdog.core.errors import NotThere
from watchdog.gateways.docker import DockerEngine, EngineOptions
from watchdog.gateways.images import Images

pytestmark = pytest.mark.engine


@pytest.fixture
async def images(real_engine: RealEngine) -> AsyncIterator[Images]:
    engine = DockerEngine(EngineOptions(socket=real_engine.socket, label=real_engine.label))
    yield engine.images
    engine.close()


async def test_a_name_is_given_found_and_taken_away(images: Images, real_engine: RealEngine) -> None:
    """The image itself stays as long as it has another name."""
    repository = f"wdtest-images/{uuid.uuid4().hex[:8]}"
    image_id = await images.image_id(real_engine.image)
    assert image_id is not None
    await images.tag(image_id, repository, "one")
    await images.tag(image_id, f"{repository}:two")
    assert {(named.tag, named.image_id) for named in await images.tags(repository)} == {
        ("one", image_id),
        ("two", image_id),
    }
    assert all(named.created > 0 for named in await images.tags(repository))
    for tag in ("one", "two", "two"):
        await images.untag(repository, tag)
    assert await images.tags(repository) == ()
    assert await images.image_id(f"{repository}:one") is None
    assert await asyncio.wait_for(images.image_id(real_engine.image), 10) == image_id


async def test_what_is_not_there_cannot_be_named(images: Images) -> None:
    """An image that was removed meanwhile."""
    with pytest.raises(NotThere):
        await images.tag(f"sha256:{'0' * 64}", "wdtest-images/none", "one")
