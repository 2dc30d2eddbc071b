import os
import pwd
import socket
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from watchdog.core.errors import Refused
from watchdog.surfaces.door import close_door, open_door, who_knocks


@pytest.fixture(autouse=True)
def _same_umask() -> Iterator[None]:
    before = os.umask(0)
    os.umask(before)
    yield
    assert os.umask(before) == before


def test_the_socket_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Nobody else may open the socket, and closing it takes it away."""
    path = tmp_path / "control.sock"
    door = open_door(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    close_door(path, door)
    assert not path.exists()


def test_the_socket_of_a_dead_daemon_is_replaced(tmp_path: Path) -> None:
    """After a crash the next daemon starts without anybody cleaning up."""
    path = tmp_path / "control.sock"
    with closing(socket.socket(socket.AF_UNIX)) as dead:
        dead.bind(str(path))
    door = open_door(path)
    close_door(path, door)


def test_the_socket_of_a_live_daemon_is_refused(tmp_path: Path) -> None:
    """Two daemons never share a socket, and the first one keeps its own."""
    path = tmp_path / "control.sock"
    door = open_door(path)
    with pytest.raises(Refused, match="another watchdog answers"):
        open_door(path)
    assert path.exists()
    close_door(path, door)


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir])
def test_what_is_no_socket_is_not_touched(tmp_path: Path, make: object) -> None:
    """A file of somebody else's is never removed."""
    path = tmp_path / "control.sock"
    make(path)  # type: ignore[operator] # a method of Path
    with pytest.raises(Refused, match="is no socket"):
        open_door(path)
    assert path.exists()


def test_a_path_too_long_for_a_socket_is_refused_in_words(tmp_path: Path) -> None:
    """The limit of the kernel is told with what to do."""
    with pytest.raises(Refused, match="shorter state folder"):
        open_door(tmp_path / ("x" * 120))


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """A folder that is not there is named."""
    with pytest.raises(Refused, match="cannot listen at"):
        open_door(tmp_path / "nowhere" / "control.sock")


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    """A path through a file cannot be used, and says so."""
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot use"):
        open_door(tmp_path / "file" / "control.sock")


def test_who_is_at_the_other_end_is_told_by_the_kernel() -> None:
    """An order is signed by the user that gave it."""
    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        assert who_knocks(here) == pwd.getpwuid(os.geteuid()).pw_name
    assert who_knocks(None) == "unknown"
