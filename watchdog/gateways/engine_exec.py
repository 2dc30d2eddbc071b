"""A command inside a container: started, read as far as we read, and its exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from watchdog.core.errors import Refused
from watchdog.gateways.program import Ended

LONGEST_OUTPUT = 64 * 1024


def execute(client: Any, container_id: str, command: Sequence[str], environment: Mapping[str, str]) -> Ended:
    """Run it, in the thread of one call of the SDK.

    Raises what the SDK raises, and `Refused` when it says more than 64 KiB: then its end is not known.
    """
    made = client.exec_create(container_id, list(command), environment=dict(environment))
    outputs = (bytearray(), bytearray())
    stream = client.exec_start(made["Id"], stream=True, demux=True)
    try:
        for pair in stream:
            for kept, piece in zip(outputs, pair, strict=True):
                kept.extend(piece or b"")
                if len(kept) > LONGEST_OUTPUT:
                    raise Refused(
                        f"{command[0]} said more than {LONGEST_OUTPUT // 1024} KiB: it was not read to its end"
                    )
    finally:
        # Not stream.close(): of a connection that has ended it makes an error, and does not close it.
        stream._response.close()  # noqa: SLF001 - see above
    code = client.exec_inspect(made["Id"])["ExitCode"]
    return Ended(-1 if code is None else int(code), bytes(outputs[0]), bytes(outputs[1]))
