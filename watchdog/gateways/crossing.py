"""What belongs to the daemon's loop, used from the thread of code that did not come with watchdog.

Only what the protocol names can be reached; it runs in the loop that it belongs to, and the answer comes back.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import wraps
from typing import Any, TypeVar, cast

from watchdog.core.errors import Unreachable

T = TypeVar("T")
R = TypeVar("R")

# What answers at once in its own loop; a loop that is that busy has other worries.
ANSWERS_WITHIN = 5.0


def cross(protocol: type[T], subject: T, home: asyncio.AbstractEventLoop) -> T:
    """The same as `subject`, as far as `protocol` names it, for use in any thread but that of `home`."""
    return cast("T", _Across(protocol, subject, home))


def send_across(tell: Callable[..., None], home: asyncio.AbstractEventLoop) -> Callable[..., None]:
    """The same as `tell`, which is called in the loop `home`, whenever that comes round."""

    def told(*args: Any) -> None:
        try:
            home.call_soon_threadsafe(tell, *args)
        except RuntimeError:
            return  # that loop has ended: nobody listens any more

    return told


class _Across:
    def __init__(self, protocol: type[Any], subject: object, home: asyncio.AbstractEventLoop) -> None:
        for name, declared in vars(protocol).items():
            if not name.startswith("_") and callable(declared):
                make = _waiting if inspect.iscoroutinefunction(declared) else _at_once
                setattr(self, name, make(getattr(subject, name), home))


def _waiting(method: Callable[..., Any], home: asyncio.AbstractEventLoop) -> Callable[..., Any]:
    @wraps(method)
    async def asked(*args: Any, **kwargs: Any) -> Any:
        back = _bringing_back(asyncio.get_running_loop())
        args, kwargs = tuple(map(back, args)), {name: back(value) for name, value in kwargs.items()}

        async def ask() -> Any:
            return await method(*args, **kwargs)

        return await asyncio.wrap_future(_begin(ask(), home))

    return asked


def _at_once(method: Callable[..., Any], home: asyncio.AbstractEventLoop) -> Callable[..., Any]:
    @wraps(method)
    def asked(*args: Any, **kwargs: Any) -> Any:
        async def ask() -> Any:
            return method(*args, **kwargs)

        future = _begin(ask(), home)
        try:
            return future.result(ANSWERS_WITHIN)
        except TimeoutError:
            future.cancel()
            raise Unreachable(f"watchdog itself did not answer within {ANSWERS_WITHIN:g} s") from None

    return asked


def _begin(work: Coroutine[Any, Any, R], home: asyncio.AbstractEventLoop) -> Future[R]:
    try:
        return asyncio.run_coroutine_threadsafe(work, home)
    except RuntimeError:
        work.close()
        raise Unreachable("watchdog is ending") from None


def _bringing_back(inside: asyncio.AbstractEventLoop) -> Callable[[Any], Any]:
    """A function that somebody hands over is not called in the loop that it is handed to, but in its own."""
    return lambda value: send_across(value, inside) if callable(value) else value
