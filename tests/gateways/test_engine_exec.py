"""A command inside a container; that it runs is asked of a real engine in `test_engine_contract.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from watchdog.core.errors import Refused
from watchdog.gateways.engine_exec import execute
from watchdog.gateways.program import Ended


class Stream:
    """What comes, and the answer that it comes by."""

    def __init__(self, pairs: tuple[Any, ...]) -> None:
        self._pairs = pairs
        self._response = self
        self.closed = False

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pairs)

    def close(self) -> None:
        self.closed = True


class Sdk:
    """The three calls of the SDK that an exec takes."""

    def __init__(self, *pairs: tuple[bytes | None, bytes | None], code: int | None = 0) -> None:
        self.pairs = pairs
        self.code = code
        self.asked: list[Any] = []

    def exec_create(self, container: str, command: list[str], environment: dict[str, str]) -> dict[str, str]:
        self.asked.append((container, command, environment))
        return {"Id": "e1"}

    def exec_start(self, made: str, *, stream: bool, demux: bool) -> Stream:
        self.stream = Stream(self.pairs)
        return self.stream

    def exec_inspect(self, made: str) -> dict[str, int | None]:
        return {"ExitCode": self.code}


def run(sdk: Any) -> Ended:
    return execute(sdk, "c1", ["psql", "-c", "SELECT 1"], {"PGPASSWORD": "secret"})


def test_both_outputs_and_the_code_are_returned() -> None:
    """What it said on both streams is kept apart; the secret goes by the environment."""
    sdk = Sdk((b"1", None), (None, b"warning"), (b"2", b""), code=3)
    assert run(sdk) == Ended(3, b"12", b"warning")
    assert sdk.asked == [("c1", ["psql", "-c", "SELECT 1"], {"PGPASSWORD": "secret"})]


def test_a_command_that_says_too_much_is_not_read_to_its_end() -> None:
    """Beyond 64 KiB it is refused: a million rows are no answer."""
    sdk = Sdk(*[(b"x" * 1024, None)] * 100)
    with pytest.raises(Refused, match="psql said more than 64 KiB"):
        run(sdk)
    assert sdk.stream.closed


def test_an_unknown_end_is_no_success() -> None:
    """Without an exit code it has not succeeded."""
    assert run(Sdk(code=None)).code == -1
