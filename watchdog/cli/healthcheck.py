"""Is the daemon well? For a container's HEALTHCHECK: every 10 s, so it costs no more than Python's start.

It asks the unix socket, which is there wherever the daemon runs; the web surface may be off.
"""

from __future__ import annotations

import os
import socket
import sys

from watchdog.cli.state_folder import find_socket

# A loop that does not answer within so long stands still. Less than the image's HEALTHCHECK --timeout of 5 s, which
# would end us before we had said so.
PATIENCE = 3.0
_LONGEST = 64 * 1024
_WELL = ("ok", "degraded")
_KNOWN = (*_WELL, "failing")


def healthcheck(given: str | os.PathLike[str] | None = None, *, patience: float = PATIENCE) -> int:
    """Say in one line how it is; 0 for ok and degraded, 1 for failing, or when nobody answers."""
    path = find_socket(given)
    try:
        said = _ask(path, patience)
    except TimeoutError:
        said = f"failing: the daemon at {path} does not answer within {patience:g} s"
    except OSError as error:
        said = f"failing: no daemon answers at {path} ({error.strerror or type(error).__name__})"
    sys.stdout.write(f"{said}\n")
    return 0 if said.partition(":")[0] in _WELL else 1


def _ask(path: str, patience: float) -> str:
    """The daemon's own line: `ok`, or `degraded: reason, reason`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(patience)
        line.connect(path)
        line.sendall(b"GET /health HTTP/1.0\r\nHost: watchdog\r\nAccept: text/plain\r\n\r\n")
        answer = b""
        while len(answer) < _LONGEST and (part := line.recv(4096)):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    said = body.decode("ascii", "replace").strip()
    if b" 200 " not in head.partition(b"\r\n")[0] or said.partition(":")[0] not in _KNOWN or "\n" in said:
        return f"failing: what answers at {path} is no watchdog, or of another version"
    return said
