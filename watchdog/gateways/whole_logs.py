"""The logs that the engine keeps whole: how large they are, and giving back all but their end.

Not by cutting the file short: the engine goes by the length that it remembers, and each `docker logs --tail` of a
running container then turns a core of it at 100 % and never answers, until that container is started anew
(moby/moby issue 45728; measured with 26.1.5). A hole leaves the length as it is. What is left readable is the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from watchdog.core.disk import WholeLog
from watchdog.core.errors import Refused
from watchdog.gateways.certificate_pair import Shots
from watchdog.gateways.one_shot import Lent, OneShot

# Of each log so much stays, its newest lines.
KEPT = 1024 * 1024
_BLOCK = 512

# No link is followed: what is cut is a regular file of that name, or nothing.
_WEIGH = """
at=0
for name in "$@"; do
    log="/logs/$at/$name"; at=$((at + 1))
    if [ -f "$log" ] && [ ! -L "$log" ]; then stat -c '%d %b' "$log"; else echo '0 0'; fi
done
"""
_CUT = """
set -eu
log="/log/$1"
[ -f "$log" ] && [ ! -L "$log" ] || { echo "it is no regular file" >&2; exit 3; }
size=$(stat -c %s "$log")
[ "$size" -gt "$2" ] || exit 0
fallocate --punch-hole --offset 0 --length $((size - $2)) "$log"
"""


async def weigh_logs(shots: Shots, logs: Sequence[WholeLog], device: int) -> dict[WholeLog, int]:
    """The bytes that each takes on its disk, of those on the filesystem with this number (0: of all).

    Raises `Refused` and `Unreachable`.
    """
    if not logs:
        return {}
    lent = tuple(Lent(_folder(log), f"/logs/{at}") for at, log in enumerate(logs))
    command = ("sh", "-c", _WEIGH, "sh", *(PurePosixPath(log.path).name for log in logs))
    ended = await shots.run(OneShot(command=command, lent=lent))
    rows = [line.split() for line in ended.output.decode("ascii", "replace").splitlines()]
    if ended.code != 0 or len(rows) != len(logs) or not all(len(row) == 2 for row in rows):  # noqa: PLR2004
        raise Refused("the sizes of the logs could not be read")
    return {
        log: int(blocks) * _BLOCK
        for log, (disk, blocks) in zip(logs, rows, strict=True)
        if not device or int(disk) == device
    }


def cut_shot(log: WholeLog) -> OneShot:
    """What gives back all but the end of a log; it sees the folder of that container and nothing else."""
    command = ("sh", "-c", _CUT, "sh", PurePosixPath(log.path).name, str(KEPT))
    return OneShot(command=command, lent=(Lent(_folder(log), "/log", writable=True),))


async def cut_log(shots: Shots, log: WholeLog) -> None:
    """Give back all but the end. Raises `Refused` when that cannot be done, `Unreachable`."""
    ended = await shots.run(cut_shot(log))
    if ended.code != 0:
        why = ended.complaint.decode("utf-8", "replace").strip()[:200]
        raise Refused(f"the log of {log.target} could not be cut: {why or f'it ended with {ended.code}'}")


def _folder(log: WholeLog) -> str:
    return str(PurePosixPath(log.path).parent)
