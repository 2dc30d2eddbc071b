"""Telegram: one message an incident in a chat, edited as it goes."""

from __future__ import annotations

import asyncio
import html
import importlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from watchdog.core.errors import DeliveryError
from watchdog.core.notification import Severity, Telling
from watchdog.plugins import Letter, Notifier, Parameters
from watchdog.wording import describe_story, words_of

if TYPE_CHECKING:
    from watchdog.gateways.telegram import Chat

API = "https://api.telegram.org"
# Seconds: below `plugins.DELIVERY_WITHIN`, so that the reason is told here.
WITHIN = 18.0
# Telegram's limit, after its markup was read. It speaks of characters; we count as UTF-16 does, which is never less.
LONGEST_MESSAGE = 4096
LONGEST_TITLE = 500
LONGEST_LINE = 700

# One sign before the title, to be told apart from afar, also by who does not see red from green.
_SIGNS: dict[str, str] = {
    Telling.OPENED: "🔴",
    Telling.ACTING: "🟡",
    Telling.WAITING: "⏳",
    Telling.PROPOSED: "❓",
    Telling.ASKED: "❓",
    Telling.HEALED: "✅",
    Telling.RECOVERED: "✅",
    Telling.ESCALATED: "🚨",
    Telling.REMINDED: "🚨",
    Telling.WARNED: "🟠",
    Telling.WARNING_OVER: "✅",
    Telling.HELD: "✋",
    Telling.RELEASED: "👀",
    Telling.SWITCHED_OFF: "⚠️",
    Telling.ENGINE_LOST: "🚨",
    Telling.ENGINE_FOUND: "✅",
    Telling.CONFIG_BROKEN: "⚠️",
    Telling.CONFIG_MENDED: "✅",
    Telling.FLAPPING: "🔁",
    Telling.STORM: "🚨",
    Telling.STORM_OVER: "✅",
    Telling.SUPPRESSED: "⏳",
    Telling.AFFECTED: "⏳",
    Telling.FOLLOWED: "✅",
    Telling.MAINTENANCE_BEGUN: "🔧",
    Telling.MAINTENANCE_ENDED: "👀",
    Telling.JOURNAL_FULL: "⚠️",
    Telling.JOURNAL_DAMAGED: "⚠️",
    Telling.JOURNAL_GAP: "⚠️",
    Telling.JOURNAL_WELL: "✅",
    Telling.BYPASS_OPEN: "🚪",
    Telling.BYPASS_LEFT: "🚪",
    Telling.BYPASS_CLOSED: "🚪",
    Telling.LEFT_OUT: "⏭️",
}
_OPENED_WARNING = "🟠"
_NO_SIGN = "▪️"

_TOKEN = re.compile(r"\d{6,}:[\w-]{30,}", re.ASCII)
_CHAT = re.compile(r"-?\d+", re.ASCII)
# A supergroup's id is -100 and ten digits; those of people are shorter.
_NO_MINUS = re.compile(r"100\d{10,}", re.ASCII)
_RECEIPT = re.compile(r"(-?\d{1,20}):(\d{1,20})", re.ASCII)

# What is typed, where it ends its line or its parenthesis. Only characters that no shell reads: what can be copied
# with one tap is run as it stands, and a container's name may be anything.
_COMMAND = re.compile(
    r"(?:(?<=[:\s] )|(?<=\())"
    r"(watchdog (?:config check|maintenance (?:begin|end|list)|silence(?: end)?|approve|decline|heal|hold|incidents|plan|proposals"
    r"|release|reload|retry|status)"
    r"(?: [\w.#:/@=+-]+)*)(?=\)|$)",
    re.ASCII,
)
# Telegram makes links of these where they stand before a word: @name, /command, #tag, $TAG, name.tld, tg://.
_LINKS = re.compile(r"(?<=[@/#$.])(?=\w)|(?<=:)(?=/)|(?<=/)(?=/)")
# U+2060 WORD JOINER: has no width, Telegram keeps it, and takes it neither for a part of a word nor of an address.
_JOINER = "\u2060"


def _is_token(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"does not look like 123456:AA... ({len(text)} characters, value hidden)")
    return token


def _is_chat(value: object) -> object:
    text = str(value).strip()
    if isinstance(value, bool) or not _CHAT.fullmatch(text) or int(text) == 0:
        raise ValueError("is no numeric id of a chat (a @name does not do); write it as in -1001234567890")
    if _NO_MINUS.fullmatch(text):
        raise ValueError(f"lacks the minus of a group; write -{text}")
    return int(text)


def _is_api(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if (
        not good
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
        or not url.isprintable()
        or " " in url
    ):
        raise ValueError(f"is no address of a Bot API; write it as in {API}")
    return url.rstrip("/")


Topic = Annotated[int, Field(ge=1)]


class TelegramParameters(Parameters):
    """Which bot writes to which chat, and where in it.

    Attributes:
        token: of the bot, from the environment.
        chat: the numeric id of the chat, negative for groups.
        topic: the thread of a forum that all messages go to.
        topics: one of its own for a severity.
        api: of a Bot API server of one's own.
    """

    token: Annotated[SecretStr, AfterValidator(_is_token)]
    chat: Annotated[int, BeforeValidator(_is_chat)]
    topic: Topic | None = None
    topics: dict[Severity, Topic] = Field(default={})
    api: Annotated[str, AfterValidator(_is_api)] = API


class Telegram(Notifier[TelegramParameters]):
    """Posts a message for an incident, edits it as it goes, and answers it where a sound is wanted.

    A receipt is `CHAT:MESSAGE`; one of another chat than the present one counts as none.
    """

    kind: ClassVar[str] = "telegram"
    parameters_type: ClassVar[type[Parameters]] = TelegramParameters
    edits: ClassVar[bool] = True

    def __init__(self, name: str, parameters: TelegramParameters) -> None:
        super().__init__(name, parameters)
        self._chat: Chat | None = None

    async def prepare(self) -> None:
        """Load what delivering needs: half a second of work, which the first message would wait for."""
        # In a thread, or the loop would stand still: nobody would be healed meanwhile.
        await asyncio.to_thread(importlib.import_module, "watchdog.gateways.telegram")

    async def deliver(self, letter: Letter) -> str:
        """Edit the message of the letter's receipt, or post a new one."""
        if self._chat is None:
            await self.prepare()
            from watchdog.gateways.telegram import Chat  # noqa: PLC0415 - a daemon without Telegram never pays for it

            its = self.parameters
            self._chat = Chat(its.token.get_secret_value(), its.chat, its.api)
        try:
            async with asyncio.timeout(WITHIN):
                return await self._deliver(self._chat, letter)
        except TimeoutError:
            pass
        raise DeliveryError(f"Telegram gave no answer within {WITHIN:g} s")

    async def close(self) -> None:
        """Let go of the connection."""
        if self._chat is not None:
            await self._chat.close()

    async def _deliver(self, chat: Chat, letter: Letter) -> str:
        form = compose(letter)
        message = _number(letter.receipt, chat)
        if message is not None and await chat.edit(message, *form):
            return letter.receipt
        sent = await chat.send(
            *form,
            silent=not letter.loud,
            topic=self.parameters.topics.get(letter.news.severity, self.parameters.topic),
            reply_to=_number(letter.reply_to, chat),
        )
        return f"{chat.id}:{sent}"


def compose(letter: Letter) -> tuple[str, str]:
    """The letter as HTML for Telegram, and as the same text without markup; both within its limits."""
    tale = describe_story(letter.notifications, words_of(letter.language), letter.left_out)
    title = f"{_sign(letter)} {_cut(tale.title, LONGEST_TITLE)}"
    timeline = [_cut(line, LONGEST_LINE) for line in tale.timeline]
    lines = [_cut(line, LONGEST_LINE) for line in tale.lines]
    missing = 0
    while (
        _units(text := _join(_quiet(title), map(_quiet, timeline), map(_quiet, lines), missing))
        > LONGEST_MESSAGE
    ):
        # What a human can do stands at the end, and is the last to go.
        (timeline or lines).pop(0)
        missing += 1
    marked = _join(f"<b>{_escape(title)}</b>", map(_escape, timeline), map(_mark, lines), missing)
    return marked, text


def _sign(letter: Letter) -> str:
    news = letter.news
    if news.telling is Telling.OPENED and news.severity is Severity.WARNING:
        return _OPENED_WARNING
    return _SIGNS.get(news.telling, _NO_SIGN)


def _join(title: str, timeline: Iterable[str], lines: Iterable[str], missing: int) -> str:
    """The parts with an empty line between them; `missing` lines were taken out after the title."""
    above = [f"… +{missing}"] if missing else []
    parts = ([title], [*above, *timeline], list(lines))
    return "\n\n".join("\n".join(part) for part in parts if part)


def _mark(line: str) -> str:
    """A line as HTML, its commands such that a tap copies them."""
    pieces = _COMMAND.split(line)
    return "".join(
        f"<code>{html.escape(piece, quote=False)}</code>" if number % 2 else _escape(piece)
        for number, piece in enumerate(pieces)
    )


def _escape(text: str) -> str:
    return html.escape(_quiet(text), quote=False)


def _quiet(text: str) -> str:
    """The text such that Telegram makes no mention, no command, no tag and no link of anything in it."""
    return _LINKS.sub(_JOINER, text)


def _cut(text: str, longest: int) -> str:
    """So many units at most. Before anything is escaped: half of an entity would be read as text."""
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * longest:
        return units.decode("utf-16-le")
    return units[: 2 * (longest - 1)].decode("utf-16-le", "ignore") + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _number(receipt: str, chat: Chat) -> int | None:
    """The number of a message in this chat; None for "" and for one of another chat."""
    found = _RECEIPT.fullmatch(receipt)
    return int(found[2]) if found and int(found[1]) == chat.id else None
