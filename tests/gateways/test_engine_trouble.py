from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from watchdog.core.errors import NobodyListens
from watchdog.gateways.engine_trouble import explain, is_stale


def test_a_socket_that_may_not_be_used_is_explained_with_the_fix(tmp_path: Path) -> None:
    """The error names the user, the socket's group and the line to add."""
    path = tmp_path / "docker.sock"
    path.touch()
    os.chown(path, -1, os.getgid())
    sentence = str(explain(PermissionError(errno.EACCES, "Permission denied"), str(path)))
    assert f"uid {os.getuid()} may not use {path}" in sentence
    assert f'group_add: ["{os.getgid()}"]' in sentence


def test_a_group_without_a_name_is_told_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container the host's group has no name."""

    def unknown(gid: int) -> None:
        raise KeyError(gid)

    monkeypatch.setattr("grp.getgrgid", unknown)
    gid = tmp_path.stat().st_gid
    assert f"belongs to group {gid}. Fix" in str(explain(PermissionError(), str(tmp_path)))


def test_a_closed_directory_is_told_apart(tmp_path: Path) -> None:
    """When not even the socket's group can be seen, a directory above it is closed."""
    sentence = str(explain(PermissionError(), str(tmp_path / "closed" / "docker.sock")))
    assert "a directory above it is closed" in sentence


def test_the_cause_is_found_however_deep_it_lies() -> None:
    """Libraries wrap errors as causes, contexts and arguments."""
    inner = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    wrapped = RuntimeError("outer", ValueError("Connection aborted.", inner))
    assert "no Docker engine listens on /s" in str(explain(wrapped, "/s"))


def test_silence_is_explained() -> None:
    """A socket that accepts and says nothing."""
    assert "accepts but does not answer" in str(explain(TimeoutError("timed out"), "/s"))


def test_any_other_failure_of_the_connection_is_told_in_one_line() -> None:
    """The system's own words."""
    error = OSError(errno.ENOTSOCK, "Socket operation\non non-socket")
    assert str(explain(error, "/s")).endswith("broke: [Errno 88] Socket operation on non-socket")


def test_errors_that_wrap_each_other_are_no_trap() -> None:
    """A circle of causes ends."""
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert "does not speak the Docker API: ValueError: a" in str(explain(first, "/s"))


def test_only_a_connection_that_was_closed_is_stale() -> None:
    """A refused connection is no reason to ask again."""
    assert is_stale(ValueError("x", ConnectionResetError()))
    assert is_stale(BrokenPipeError())
    assert not is_stale(ConnectionRefusedError())


def test_only_a_refused_connection_is_known_as_one() -> None:
    """A stale socket file refuses; one that is missing, or silent, or breaks, is another kind of loss."""
    assert isinstance(explain(ConnectionRefusedError(), "/s"), NobodyListens)
    for other in (
        FileNotFoundError(),
        PermissionError(),
        TimeoutError(),
        ConnectionResetError(errno.ECONNRESET, "x"),
    ):
        assert not isinstance(explain(other, "/s"), NobodyListens)
