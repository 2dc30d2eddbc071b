"""Telegram, as far as a scenario needs it: the stand-in for its Bot API, beside the daemon.

A scenario's watchdog.yml leads there by `api: "{telegram}"`.
"""

from __future__ import annotations

import socket
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from tests.scenarios.stage import Stage
from tests.telegram_api import CHAT, TOKEN, Posted, Request, TelegramApi, beside

WIDE = 110


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on: who connects is refused."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


def lead_to_telegram(stage: Stage, port: int, token: str = TOKEN) -> None:
    """Have the daemon's settings lead to a port where the stand-in is, or will be.

    The evidence of every scenario that calls this is a stand-in's, and it says so.
    """
    stage.daemon.environment |= {"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_CHAT_ID": str(CHAT)}
    stage.fill("{telegram}", f"http://127.0.0.1:{port}")
    print("    evidence: stand-in (Telegram's Bot API)")


@contextmanager
def telegram(stage: Stage, token: str = TOKEN) -> Iterator[TelegramApi]:
    """The stand-in, reachable from now on, with the daemon's settings leading there."""
    with beside(token) as api:
        lead_to_telegram(stage, urlsplit(api.url).port or 0, token)
        yield api


def message_about(
    stage: Stage, api: TelegramApi, words: str, *, within: float = 20, after: int = 0
) -> Posted:
    """Wait for a message (numbered above `after`) that shows these words now; the first of them."""

    def found() -> list[Posted]:
        return [each for each in api.posted() if words in each.text and each.number > after]

    stage.wait(f"a message that says {words!r}: {shown(api)}", found, within)
    return found()[0]


def requests(api: TelegramApi, method: str = "", *, after: float = 0) -> list[Request]:
    """What was asked of the stand-in since a moment of the monotonic clock."""
    return [each for each in list(api.received) if each.at > after and method in ("", each.method)]


def settled_requests(stage: Stage, api: TelegramApi, seconds: float) -> list[Request]:
    """All requests, once none has come for so long."""
    while True:
        before = len(api.received)
        stage.let_pass(seconds)
        if len(api.received) == before:
            return list(api.received)


def shown(api: TelegramApi) -> str:
    """All messages as they stand, in short."""
    return str([each.title for each in api.posted()])


def print_message(message: Posted, heading: str) -> None:
    """A message as people see it, and as it was before it was edited."""
    sound = "without a sound" if message.silent else "with a sound"
    reply = f", a reply to {message.reply_to}" if message.reply_to else ""
    print(f"    --- {heading}: message {message.number}, {sound}{reply}, edited {len(message.before)} times")
    for number, text in enumerate([*message.before, message.text]):
        print(textwrap.indent(text, f"    {number} | ", lambda _: True))
    marked = [f"{kind} {text!r}" for kind, text in message.entities if kind != "bold"]
    if marked:
        print(f"    marked: {', '.join(marked)}"[: 4 * WIDE])


def all_valid(stage: Stage, api: TelegramApi) -> None:
    """Nothing was refused for its form, and no text became a link, a mention or a command."""
    refused = [each for each in api.received if each.code == 400]
    stage.expect(f"no request was refused: {refused}", not refused)
    plain = [
        each for each in requests(api) if each.method != "getme" and each.fields.get("parse_mode") != "HTML"
    ]
    stage.expect(f"each is HTML: {plain}", not plain)
    kinds = set[str]().union(*(message.kinds() for message in api.posted()))
    stage.expect(f"only what we marked is marked: {kinds}", kinds <= {"bold", "code"})
