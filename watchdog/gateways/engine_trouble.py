"""Why the Docker engine could not be asked, as a sentence that says what, where and what to do."""

from __future__ import annotations

import grp
import os
from collections.abc import Iterator
from pathlib import Path

from watchdog.core.errors import NobodyListens, Unreachable
from watchdog.core.redaction import cut

MESSAGE_LENGTH = 300


def explain(error: BaseException, socket: str) -> Unreachable:
    """The error of a library or of the system as ours."""
    roots = tuple(_roots(error))
    if any(isinstance(root, FileNotFoundError) for root in roots):
        return Unreachable(
            f"no Docker engine: there is no socket {socket}. Start the engine; in a container, mount the socket "
            f"({socket}:{socket})"
        )
    if any(isinstance(root, PermissionError) for root in roots):
        return Unreachable(_explain_permission(socket))
    if any(isinstance(root, ConnectionRefusedError) for root in roots):
        return NobodyListens(
            f"no Docker engine listens on {socket}. Start it; if it was restarted, this container still holds "
            "the old socket file: restart this container"
        )
    if any(isinstance(root, TimeoutError) for root in roots):
        return Unreachable(f"the Docker engine at {socket} accepts but does not answer")
    broken = [root for root in roots if isinstance(root, OSError) and root.errno]
    if broken or _is_cut(roots):
        detail = one_line(str(broken[-1])) if broken else "it ended in the middle of an answer"
        return Unreachable(f"the connection to the Docker engine at {socket} broke: {detail}")
    return Unreachable(
        f"what answers at {socket} does not speak the Docker API: {one_line(f'{type(error).__name__}: {error}')}"
    )


def is_stale(error: BaseException) -> bool:
    """Whether a kept connection turned out to be closed: the request may be sent again on a new one."""
    return any(isinstance(root, ConnectionResetError | BrokenPipeError) for root in _roots(error))


def one_line(text: str) -> str:
    """The text in one line of bounded length."""
    return cut(" ".join(text.split()), MESSAGE_LENGTH)


def _explain_permission(socket: str) -> str:
    try:
        gid = Path(socket).stat().st_gid
    except OSError:
        return f"uid {os.getuid()} may not reach {socket}: a directory above it is closed to this user"
    try:
        group = f"{grp.getgrgid(gid).gr_name} ({gid})"
    except KeyError:
        group = str(gid)
    return (
        f"uid {os.getuid()} may not use {socket}, which belongs to group {group}. Fix: in a container, "
        f'group_add: ["{gid}"] for this service; on a host, add the user to that group'
    )


def _is_cut(roots: tuple[BaseException, ...]) -> bool:
    names = {type(root).__name__ for root in roots}
    return bool(names & {"IncompleteRead", "RemoteDisconnected", "ProtocolError", "ChunkedEncodingError"})


def _roots(error: BaseException) -> Iterator[BaseException]:
    """The error and all errors it was made from: libraries keep them as causes or as arguments."""
    waiting, seen = [error], set[int]()
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = (found.__cause__, found.__context__, *found.args, getattr(found, "reason", None))
        waiting.extend(each for each in inner if isinstance(each, BaseException))
