from __future__ import annotations

import pytest

from tests.gateways.compose_parts import StandIn
from watchdog.core.errors import Unreachable
from watchdog.gateways.compose_command import ComposeCommand, last_words
from watchdog.gateways.program import Ended


@pytest.mark.parametrize(
    ("said", "version"), [("2.26.1", "2.26.1"), ("2.26.1-4", "2.26.1"), ("v5.6.1\n", "5.6.1")]
)
async def test_its_version_is_as_its_labels_say_it(stand_in: StandIn, said: str, version: str) -> None:
    """A distribution's own number behind it is not in the labels of what it makes."""
    stand_in.say("version", said)
    assert await ComposeCommand("/run/docker.sock").version() == version


async def test_the_hosts_own_is_preferred(stand_in: StandIn) -> None:
    """What WATCHDOG_COMPOSE names is used, although there is another one."""
    stand_in.install("theirs")
    command = ComposeCommand("/run/docker.sock", f"{stand_in.folder}/bin/theirs")
    await command.version()
    assert (stand_in.folder / "asked").read_text().startswith(f"{stand_in.folder}/bin/theirs version")


async def test_a_named_one_that_does_not_work_is_told(stand_in: StandIn) -> None:
    """Another one in its place would compare unlike with unlike."""
    with pytest.raises(Unreachable, match="WATCHDOG_COMPOSE names /nowhere/compose"):
        await ComposeCommand("/run/docker.sock", "/nowhere/compose").version()


def test_the_last_words_are_those_at_the_end() -> None:
    """Or the exit code, of one that said nothing."""
    assert last_words(Ended(1, b"", b"a\nb\n\nc\nd\n")) == "b c d"
    assert last_words(Ended(17, b"", b"")) == "exit code 17"
