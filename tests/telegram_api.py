"""A stand-in for Telegram's Bot API, for tests, scenarios and the bench: it says so in its answer to getMe.

It knows getMe, sendMessage and editMessageText, and answers with the limits and the words of the real one, as
far as they can be read in the public sources of tdlib/telegram-bot-api and tdlib/td: HTML, links that are made
of plain text, 4096 characters, the texts of errors. The length is counted in UTF-16 units, which is stricter.

    async with serving() as api: ...          in the loop of a test
    with beside() as api: ...                 in a thread, for scenarios
    python -m tests.telegram_api --port 8081  alone; prints a line of JSON for each request
"""

from __future__ import annotations

import argparse
import asyncio
import html
import itertools
import json
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "123456789:AAstandin-for-tests-only_0123456789abcd"
CHAT = -1001234567890
LONGEST = 4096
MOST_ENTITIES = 100

_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote",
}  # fmt: skip
# Not counted among the hundred: the server keeps all of them.
_SPLITTABLE = {"bold", "italic", "underline", "strikethrough", "spoiler"}
_LINKS = {
    "url": (
        r"(?:(?:https?|ftp)://)?(?:[\w~-]+(?:\.[\w~-]+)*\.[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?"
        r"(?:[/?#][^\s\u2000-\u200b\u2016-\u206f<>]*)?"
    ),
    "tg_url": r"(?:tg|ton)://[a-z0-9_-]+[^\s\u2000-\u200b\u2016-\u206f<>]*",
    "mention": r"(?<!\w)@[a-zA-Z0-9_]{3,32}(?!\w)",
    "bot_command": r"(?<![\w/<>])/[a-zA-Z0-9_]{1,64}(?![\w/<>])",
    "hashtag": r"(?<!\w)#\w*[^\W\d]\w*",
    "cashtag": r"(?<!\w)\$[A-Z]{1,8}(?!\w)",
}  # fmt: skip


class Refusal(Exception):  # noqa: N818 - reads as what it says
    """An error as the Bot API answers it."""

    def __init__(self, code: int, description: str, parameters: dict[str, int] | None = None) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `at`: seconds of the machine's monotonic clock; `code` of the answer, 0 for none."""

    at: float
    method: str
    fields: dict[str, str]
    code: int
    description: str


@dataclass(slots=True, kw_only=True)
class Posted:
    """A message as people see it now.

    Attributes:
        text: after the markup was read.
        entities: (kind, the text that it covers): what is bold, what is a link.
        before: the texts that it had earlier.
        at, edited: seconds of the monotonic clock; 0 for never.
    """

    chat: int
    number: int
    text: str
    entities: tuple[tuple[str, str], ...]
    silent: bool
    topic: int | None
    reply_to: int | None
    at: float
    edited: float = 0.0
    before: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Its first line."""
        return self.text.partition("\n")[0]

    def kinds(self) -> set[str]:
        """What kinds of entities are in it."""
        return {kind for kind, _ in self.entities}


class TelegramApi:
    """The stand-in's state, and what tests arrange in it.

    Attributes:
        chats: that the bot is in.
        topics: of the chats that are forums; None: every topic exists.
        received: every request, in order.
        messages: by chat and number.
        blackhole: requests are taken and never answered.
        delay: seconds before each answer.
        say: is handed each request.
    """

    def __init__(self, token: str = TOKEN, chats: tuple[int, ...] = (CHAT,)) -> None:
        self.token = token
        self.chats = set(chats)
        self.topics: set[int] | None = None
        self.received: list[Request] = []
        self.messages: dict[tuple[int, int], Posted] = {}
        self.blackhole = False
        self.delay = 0.0
        self.connections: set[object] = set()
        self.say: Callable[[Request], None] = lambda _: None
        self.url = ""
        self._port = 0
        self._failures: list[tuple[str, Refusal | web.Response]] = []
        self._numbers = itertools.count(1)
        self._runner: web.AppRunner | None = None

    # What tests arrange and ask.

    def fail_next(
        self, code: int, description: str, *, times: int = 1, method: str = "", **parameters: int
    ) -> None:
        """Refuse the next requests (of this method, in small letters), instead of doing what they ask."""
        self._failures += [(method, Refusal(code, description, parameters))] * times

    def fail_no_more(self) -> None:
        """Do what is asked again, however many refusals are left."""
        self._failures.clear()

    def answer_next(self, response: web.Response) -> None:
        """Answer the next request by something that is not the Bot API's."""
        self._failures.append(("", response))

    def posted(self) -> list[Posted]:
        """All messages, oldest first."""
        return sorted(self.messages.values(), key=lambda message: message.number)

    def delete(self, message: Posted) -> None:
        """A person takes a message away."""
        del self.messages[message.chat, message.number]

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; after `stop` on the same port as before."""
        application = web.Application(client_max_size=2**20)
        application.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port or self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Be gone: connections are refused."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # What the bot asks.

    async def _take(self, request: web.Request) -> web.Response:
        self.connections.add(request.transport)
        _, _, rest = request.path.rpartition("/bot")
        token, _, method = rest.partition("/")
        method = method.lower()
        fields = dict(request.query) | {name: str(value) for name, value in (await request.post()).items()}
        at = time.monotonic()
        if self.blackhole:
            self._write_down(Request(at=at, method=method, fields=fields, code=0, description="no answer"))
            await asyncio.Event().wait()
        if self.delay:
            await asyncio.sleep(self.delay)
        response: web.Response
        try:
            self._fail(method)
            answer: dict[str, Any] = {"ok": True, "result": self._answer(token, method, fields, at)}
            response, code, description = web.json_response(answer), 200, ""
        except Refusal as refusal:
            code, description = refusal.code, refusal.description
            answer = {"ok": False, "error_code": code, "description": description}
            if refusal.parameters:
                answer["parameters"] = refusal.parameters
            response = web.json_response(answer, status=code)
        except _Strange as strange:
            response, code, description = strange.response, strange.response.status, "strange"
        self._write_down(Request(at=at, method=method, fields=fields, code=code, description=description))
        return response

    def _write_down(self, request: Request) -> None:
        self.received.append(request)
        self.say(request)

    def _fail(self, method: str) -> None:
        for place, (wanted, failure) in enumerate(self._failures):
            if wanted in ("", method):
                del self._failures[place]
                raise failure if isinstance(failure, Refusal) else _Strange(failure)

    def _answer(self, token: str, method: str, fields: dict[str, str], at: float) -> Any:
        if not re.fullmatch(r"\d+:[\w-]+", token):
            raise Refusal(404, "Not Found")
        if token != self.token:
            raise Refusal(401, "Unauthorized")
        match method:
            case "getme":
                return {
                    "id": 1,
                    "is_bot": True,
                    "first_name": "stand-in, not Telegram",
                    "username": "standin_bot",
                }
            case "sendmessage":
                return self._send(fields, at)
            case "editmessagetext":
                return self._edit(fields, at)
            case _:
                raise Refusal(404, "Not Found")

    def _send(self, fields: dict[str, str], at: float) -> dict[str, Any]:
        chat = self._chat(fields)
        topic = int(fields["message_thread_id"]) if "message_thread_id" in fields else None
        if topic is not None and self.topics is not None and topic not in self.topics:
            raise Refusal(400, "Bad Request: message thread not found")
        reply = json.loads(fields.get("reply_parameters", "{}"))
        reply_to = reply.get("message_id")
        if reply_to is not None and (chat, reply_to) not in self.messages:
            if not reply.get("allow_sending_without_reply"):
                raise Refusal(400, "Bad Request: message to be replied not found")
            reply_to = None
        text, entities = read_text(fields)
        message = Posted(
            chat=chat,
            number=next(self._numbers),
            text=text,
            entities=entities,
            silent=fields.get("disable_notification") in ("true", "True", "1"),
            topic=topic,
            reply_to=reply_to,
            at=at,
        )
        self.messages[chat, message.number] = message
        return _shape(message)

    def _edit(self, fields: dict[str, str], at: float) -> dict[str, Any]:
        chat = self._chat(fields)
        text, entities = read_text(fields)
        message = self.messages.get((chat, int(fields.get("message_id", "0"))))
        if message is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        if (text, entities) == (message.text, message.entities):
            raise Refusal(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message",
            )
        message.before.append(message.text)
        message.text, message.entities, message.edited = text, entities, at
        return _shape(message)

    def _chat(self, fields: dict[str, str]) -> int:
        if not fields.get("chat_id"):
            raise Refusal(400, "Bad Request: chat_id is empty")
        if not re.fullmatch(r"-?\d+", fields["chat_id"]) or int(fields["chat_id"]) not in self.chats:
            raise Refusal(400, "Bad Request: chat not found")
        return int(fields["chat_id"])


class _Strange(Exception):  # noqa: N818
    def __init__(self, response: web.Response) -> None:
        self.response = response


def _shape(message: Posted) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "message_id": message.number,
        "date": int(time.time()),
        "chat": {"id": message.chat, "type": "supergroup" if message.chat < 0 else "private"},
        "text": message.text,
    }
    return shape if message.topic is None else shape | {"message_thread_id": message.topic}


def read_text(fields: dict[str, str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What people see of a text, and what is marked in it or made a link of. Raises `Refusal`."""
    text = fields.get("text", "")
    # What a client may not send is taken out: control characters, and those that turn the direction of writing.
    text = re.sub(r"[\x00-\x09\x0b\x0c\x0e-\x1f]", " ", text)
    text = re.sub(r"[\r\u2028-\u202e]", "", text)
    marks: list[tuple[str, int, int]] = []
    if fields.get("parse_mode", "").lower() == "html":
        text, marks = read_html(text)
    if not text.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > LONGEST:
        raise Refusal(400, "Bad Request: message is too long")
    counted = itertools.count(1)
    marks = [mark for mark in marks if mark[0] in _SPLITTABLE or next(counted) <= MOST_ENTITIES]
    code = [(begin, end) for kind, begin, end in marks if kind in ("code", "pre")]
    for kind, pattern in _LINKS.items():
        for found in re.finditer(pattern, text, re.IGNORECASE if kind == "url" else 0):
            if not any(begin <= found.start() < end for begin, end in code):
                marks.append((kind, *found.span()))
    return text.strip(), tuple((kind, text[begin:end]) for kind, begin, end in marks)


def read_html(text: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Telegram's HTML: the text and (kind, begin, end) of what was marked. Raises `Refusal` as it does."""
    plain = ""
    marks: list[tuple[str, int, int]] = []
    opened: list[tuple[str, int]] = []
    for piece in re.finditer(r"<[^>]*>?|&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);|[^<&]+|&", text):
        part, offset = piece.group(), len(text[: piece.start()].encode())
        if not part.startswith("<"):
            plain += html.unescape(part) if len(part) > 1 and part.startswith("&") else part
        elif part.startswith("</"):
            marks.append(_close(part, opened, len(plain), offset))
        else:
            opened.append((_open(part, offset), len(plain)))
    if opened:
        raise _unreadable(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return plain, marks


def _open(part: str, offset: int) -> str:
    name = re.split(r"[\s/>]", part[1:], maxsplit=1)[0].lower()
    if name not in _TAGS and re.search(r"[\s>]", part):
        raise _unreadable(f'Unsupported start tag "{name}" at byte offset {offset}')
    if not part.endswith(">"):
        raise _unreadable(f"Unclosed start tag at byte offset {offset}")
    return name


def _close(part: str, opened: list[tuple[str, int]], end: int, offset: int) -> tuple[str, int, int]:
    name = part[2:].removesuffix(">").strip().lower()
    if not opened:
        raise _unreadable(f"Unexpected end tag at byte offset {offset}")
    tag, begin = opened.pop()
    if name and name != tag:
        what = f'Unmatched end tag at byte offset {offset}, expected "</{tag}>", found "</{name}>"'
        raise _unreadable(what)
    return _TAGS[tag], begin, end


def _unreadable(what: str) -> Refusal:
    return Refusal(400, f"Bad Request: can't parse entities: {what}")


@asynccontextmanager
async def serving(
    token: str = TOKEN, chats: tuple[int, ...] = (CHAT,), port: int = 0
) -> AsyncIterator[TelegramApi]:
    """The stand-in in this loop."""
    api = TelegramApi(token, chats)
    await api.start(port)
    try:
        yield api
    finally:
        await api.stop()


@contextmanager
def beside(token: str = TOKEN, chats: tuple[int, ...] = (CHAT,), port: int = 0) -> Iterator[TelegramApi]:
    """The stand-in in a thread of its own. `start` and `stop` belong to its loop: use `blackhole` and `fail_next`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="telegram-stand-in", daemon=True)
    thread.start()
    api = TelegramApi(token, chats)
    try:
        asyncio.run_coroutine_threadsafe(api.start(port), loop).result(10)
        yield api
    finally:
        asyncio.run_coroutine_threadsafe(_end(api), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(api: TelegramApi) -> None:
    """Stop, and let go of the requests that were never answered."""
    await api.stop()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def _alone(port: int, token: str, chats: tuple[int, ...]) -> None:
    async with serving(token, chats, port) as api:
        api.say = lambda request: print(json.dumps(asdict(request), ensure_ascii=False), flush=True)
        print(
            json.dumps({"stand_in": "not Telegram", "url": api.url, "chats": sorted(api.chats)}), flush=True
        )
        await asyncio.Event().wait()


def main() -> int:
    """Until it is interrupted."""
    parser = argparse.ArgumentParser(
        description="A stand-in for Telegram's Bot API. It tells nobody anything."
    )
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--chat", type=int, action="append")
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_alone(options.port, options.token, tuple(options.chat or (CHAT,))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
