"""Run a program to its end or to its deadline, whichever comes first; nothing of it is left behind."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from watchdog.core.errors import Unreachable

OUTPUT = 8 * 1024 * 1024
COMPLAINT = 16 * 1024
CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: exit code, standard output, and the end of its standard error."""

    code: int
    output: bytes
    complaint: bytes


async def run_program(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    within: float,
    cwd: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Ended:
    """Run it in a process group of its own, which is killed at the deadline and when the caller is cancelled.

    It ends with us, too, if we are killed: what it would still do then is nobody's any more.

    Args:
        command: The program and its arguments.
        environment: All of it: nothing of ours is added.
        within: Seconds.
        cwd: Where it runs.
        say: Handed each line of both outputs as it comes.

    Raises `Unreachable` when it could not be started or did not end within so many seconds.
    """
    if shutil.which(command[0], path=environment.get("PATH")) is None:
        raise Unreachable(f"{command[0]} could not be run: {os.strerror(errno.ENOENT)}")
    try:
        process = await asyncio.create_subprocess_exec(
            *_leash(),
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
        )
    except OSError as error:
        raise Unreachable(f"{command[0]} could not be run: {error.strerror}") from error
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(within):
            output, complaint, code = await asyncio.gather(
                _read_end(process.stdout, OUTPUT, say),
                _read_end(process.stderr, COMPLAINT, say),
                process.wait(),
            )
    except TimeoutError:
        await _kill(process)
        raise Unreachable(f"{' '.join(command[:2])} did not end within {within:g} s and was killed") from None
    except BaseException:
        await _kill(process)
        raise
    return Ended(code, output, complaint)


@cache
def _leash() -> tuple[str, ...]:
    """What makes the kernel kill it when we die: util-linux's, where there is one."""
    program = shutil.which("setpriv")
    return (program, "--pdeathsig", "KILL", "--") if program else ()


async def _kill(process: asyncio.subprocess.Process) -> None:
    # Its children too: Compose is a child of `docker`, and one that outlives it holds the pipes open.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(process.wait())


async def _read_end(stream: asyncio.StreamReader, limit: int, say: Callable[[str], None] | None) -> bytes:
    """All there is, but only the last `limit` bytes of it."""
    kept, line = bytearray(), b""
    while chunk := await stream.read(CHUNK):
        kept += chunk
        del kept[: max(0, len(kept) - limit)]
        if say is not None:
            *lines, line = (line + chunk).split(b"\n")
            for each in lines:
                say(each.decode(errors="replace"))
            line = line[-CHUNK:]
    if say is not None and line:
        say(line.decode(errors="replace"))
    return bytes(kept)
