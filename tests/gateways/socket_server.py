"""A Docker socket that misbehaves on purpose: silent, dripping, refusing, cut off, or gone and back."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

END = b"\r\n\r\n"
Answer = Callable[[asyncio.StreamWriter], Coroutine[None, None, None]]


def reply(content: object, status: str = "200 OK", *, close: bool = False) -> Answer:
    """A whole answer; bytes and text go out as they are, anything else as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(status, len(body)) + body)
        await writer.drain()
        if close:
            writer.close()

    return answer


def refusal(status: str, message: str) -> Answer:
    """The engine's way of saying no."""
    return reply({"message": message}, status)


async def silence(writer: asyncio.StreamWriter) -> None:
    """Accepts, and never answers."""
    await asyncio.Event().wait()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Closes the connection instead of answering."""
    writer.close()


def drip(body: bytes, *, head: bool = False) -> Answer:
    """An answer that comes byte by byte, for ever; with `head`, its head does too."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        whole = _head("200 OK", 1_000_000)
        if not head:
            writer.write(whole)
            whole = body * 1000
        for byte in whole:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)

    return answer


def chunks(*parts: bytes, end: bool = False, stay: bool = True) -> Answer:
    """A stream of chunks, which then stays open, ends properly (`end`), or breaks."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in parts:
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        if end:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        if stay:
            await asyncio.Event().wait()
        writer.close()

    return answer


class SocketServer:
    """Speaks just enough HTTP on a unix socket.

    Attributes:
        answers: by the end of the path; the first that fits. A list is used up one by one, its last stays.
        asked: every request, as "GET /containers/json", without the API's version.
        connections: how many are open.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, Answer | list[Answer]] = {}
        self.asked: list[str] = []
        self.connections = 0
        self.queries: list[str] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.reset()

    def reset(self) -> None:
        """Behave well again."""
        self.answers = {
            "/version": reply({"ApiVersion": "1.45"}),
            "/_ping": reply(b"OK"),
            "/containers/json": reply([]),
            "/events": chunks(),
            "/start": reply(b"", "204 No Content"),
            "/stop": reply(b"", "204 No Content"),
        }

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, self.path)

    async def close(self, *, leave_file: bool = False) -> None:
        """Gone, with every connection; `leave_file` leaves a socket that nobody listens on."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.path.unlink(missing_ok=True)
        if leave_file:
            with socket.socket(socket.AF_UNIX) as left:
                left.bind(str(self.path))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            head = await reader.readuntil(END)
            while not writer.is_closing():
                method, url, _ = head.decode().split(" ", 2)
                path, _, query = url.partition("?")
                path = "/" + path.split("/", 2)[2] if path.startswith("/v1.") else path
                self.asked.append(f"{method} {path}")
                self.queries.append(query)
                following = asyncio.create_task(reader.readuntil(END))
                answering = asyncio.ensure_future(self._find(path)(writer))
                try:
                    await asyncio.wait((following, answering), return_when=asyncio.FIRST_COMPLETED)
                    head = await following  # raises as soon as the other side has gone
                finally:
                    following.cancel()
                    answering.cancel()
                    await asyncio.gather(following, answering, return_exceptions=True)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.connections -= 1
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    def _find(self, path: str) -> Answer:
        for end, answer in self.answers.items():
            if path.endswith(end):
                if isinstance(answer, list):
                    return answer.pop(0) if len(answer) > 1 else answer[0]
                return answer
        return refusal("404 Not Found", "page not found")


def _head(status: str, length: int) -> bytes:
    body = "" if status.startswith("204") else f"Content-Length: {length}\r\n"
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{body}\r\n".encode()
