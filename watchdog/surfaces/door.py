"""The unix socket in the state folder: made for its owner alone, and who is at the other end of it."""

from __future__ import annotations

import os
import pwd
import socket
import stat
import struct
from pathlib import Path

from watchdog.core.errors import Refused

# sun_path of Linux, with its closing zero.
LONGEST_PATH = 107
_CREDENTIALS = struct.Struct("3i")


def open_door(path: Path) -> socket.socket:
    """A listening socket at `path`, mode 0600 from its first moment; the leftover of a dead daemon is replaced.

    Raises:
        Refused: another daemon answers there, something else than a socket lies there, or the path cannot be used.
    """
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise Refused(
            f"{path} is too long for a socket ({LONGEST_PATH} bytes): choose a shorter state folder"
        )
    _clear(path)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    # The umask belongs to the whole process; nothing else runs between these lines.
    before = os.umask(0o177)
    try:
        door.bind(os.fspath(path))
        door.listen(64)
    except OSError as error:
        door.close()
        raise Refused(f"cannot listen at {path}: {error.strerror or error}") from error
    finally:
        os.umask(before)
    return door


def close_door(path: Path, door: socket.socket) -> None:
    """Stop listening and take the file away."""
    door.close()
    path.unlink(missing_ok=True)


def who_knocks(line: socket.socket | None) -> str:
    """The person at the other end, as the kernel knows them: a user's name, else `uid 1000`."""
    if line is None:
        return "unknown"
    packed = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(packed)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _clear(path: Path) -> None:
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise Refused(f"cannot use {path}: {error.strerror or error}") from error
    if not stat.S_ISSOCK(kind):
        raise Refused(f"{path} is no socket: move it away, or choose another state folder")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        knock.settimeout(1.0)
        try:
            knock.connect(os.fspath(path))
        except ConnectionRefusedError:
            # Nobody listens: its daemon died without taking the file away.
            path.unlink(missing_ok=True)
            return
        except FileNotFoundError:
            return
        except OSError as error:
            raise Refused(f"cannot tell whether a daemon answers at {path}: {error}") from error
    raise Refused(f"another watchdog answers at {path}: stop it first, or choose another state folder")
