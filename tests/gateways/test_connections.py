"""Whether a host can be connected to."""

from __future__ import annotations

import socket

from watchdog.gateways.connections import Connections


async def test_a_host_that_listens_is_reached_and_no_other() -> None:
    """A name that is not known, a port that nobody listens at, and nonsense are not reached."""
    connections = Connections()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert await connections.reach("127.0.0.1", port, 5) is True
    assert await connections.reach("127.0.0.1", port, 5) is False
    assert await connections.reach("no-such-host.invalid", 443, 5) is False
    assert await connections.reach("a" * 70 + ".x", 443, 5) is False


async def test_silence_is_not_waited_for() -> None:
    """An address that answers nothing is not reached, within the time given."""
    assert await Connections().reach("192.0.2.1", 9, 0.05) is False
