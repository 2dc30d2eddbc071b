"""What did not come with watchdog, in a whole daemon in process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(asked: Callable[[], Awaitable[object]], within: float = 5.0) -> None:
    """Wait until the answer is one that counts as true."""
    async with asyncio.timeout(within):
        while not await asked():  # noqa: ASYNC110 - a test polls, with a deadline
            await asyncio.sleep(0.005)
