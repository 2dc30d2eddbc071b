"""Telegram: the only file that imports its SDK, and what every failure of a delivery is called in our words.

Belongs here: one chat that one bot writes to, by way of the Bot API. Does not: what a message looks like
(`notifiers/telegram.py`), nor when it is tried again (the dispatcher).

Importing this costs half a second and 21 MiB: whoever needs it imports it when there is something to send.
Its requests go through `http_kept.py`, not through the SDK's own `httpx`: that looks names up in threads of the
loop's executor, and a process cannot end while a name server keeps one of them waiting; and its errors and log
lines know the URL, which holds the token.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from telegram import Bot, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import BaseRequest, RequestData

from watchdog.core.errors import DeliveryError, Unreachable
from watchdog.core.redaction import cut, redact
from watchdog.gateways.http_kept import KeptCaller

# The SDK's spans are spans; else it warns at every 429 that they are going to be.
os.environ["PTB_TIMEDELTA"] = "true"

_log = logging.getLogger("watchdog.telegram")

# Seconds.
REQUEST_WITHIN = 15.0
LONGEST_WORDS = 200
# As it is, and once without each of: the topic, the markup, the old chat.
TRIES = 4

_TOPIC_GONE = ("message thread not found", "topic_closed", "topic_deleted", "topic_id_invalid")
_MESSAGE_GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
)
_NO_RIGHTS = ("rights", "chat_write_forbidden", "chat_restricted", "chat_send_plain_forbidden")


class Chat:
    """One chat that one bot writes to. Making it does no I/O: Telegram may be away for days.

    Every call raises `DeliveryError` alone; neither that nor what it came from knows the token. A call is up to
    `TRIES` requests, each of them over within `REQUEST_WITHIN`.
    """

    def __init__(self, token: str, chat: int, api: str) -> None:
        self.id = chat
        self._token = token
        self._exchange = _Exchange()
        # It is never initialized: that would ask who the bot is, and sending needs no answer to that.
        self._bot = Bot(
            token,
            base_url=f"{api.rstrip('/')}/bot",
            request=self._exchange,
            get_updates_request=self._exchange,
        )
        self._topics_gone: set[int] = set()

    async def send(
        self,
        html: str,
        text: str,
        *,
        silent: bool = False,
        topic: int | None = None,
        reply_to: int | None = None,
    ) -> int:
        """Post a message, given as Telegram's HTML and as the same without markup; the number that it got there.

        A topic that is gone: into the chat itself. Markup that Telegram does not read: as plain text. A group
        that became a supergroup: there, from now on. A message to reply to that is gone: as no reply.
        """
        marked, moved = True, False
        for _ in range(TRIES):
            sent = await self._try(
                self._bot.send_message(
                    chat_id=self.id,
                    text=html if marked else text,
                    parse_mode=ParseMode.HTML if marked else None,
                    disable_notification=silent,
                    message_thread_id=topic,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                    reply_parameters=None
                    if reply_to is None or moved
                    else ReplyParameters(message_id=reply_to, allow_sending_without_reply=True),
                )
            )
            match sent:
                case Message():
                    self._topics_gone.discard(topic or 0)
                    return sent.message_id
                case ChatMigrated() if not moved:
                    self._move(sent.new_chat_id)
                    moved = True
                case BadRequest() if topic is not None and _says(sent, *_TOPIC_GONE):
                    self._miss(topic)
                    topic = None
                case BadRequest() if marked and _says(sent, "parse entities"):
                    _log.warning("Telegram cannot read the markup of a message: it is sent as plain text")
                    marked = False
                case _:
                    raise self._translate(sent)
        raise DeliveryError("Telegram refuses the message in every form", permanent=True)

    async def edit(self, message: int, html: str, text: str) -> bool:
        """Change a message of this chat, as `send` posts it; False when it is not there any more, or can no longer be changed."""
        for marked in (True, False):
            edited = await self._try(
                self._bot.edit_message_text(
                    chat_id=self.id,
                    message_id=message,
                    text=html if marked else text,
                    parse_mode=ParseMode.HTML if marked else None,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
            )
            match edited:
                case Message() | True:
                    return True
                case ChatMigrated():
                    # The messages of the old group are not in the new one under their numbers.
                    self._move(edited.new_chat_id)
                    return False
                case BadRequest() if _says(edited, "message is not modified"):
                    return True
                case BadRequest() if _says(edited, *_MESSAGE_GONE):
                    return False
                case BadRequest() if marked and _says(edited, "parse entities"):
                    continue
                case _:
                    raise self._translate(edited)
        raise DeliveryError("Telegram refuses the message in every form", permanent=True)

    async def close(self) -> None:
        """Let go of the connection; the next call opens a new one."""
        await self._exchange.shutdown()

    async def _try(self, call: Coroutine[Any, Any, Message | bool]) -> Message | bool | TelegramError:
        """What a request brought: its answer, or Telegram's error."""
        try:
            return await call
        except TelegramError as error:
            return error
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # Without the number of the message, for instance.
            return _NotTelegram(f"{type(error).__name__} in its answer")

    def _move(self, chat: int) -> None:
        _log.warning(
            "the group %s has become the supergroup %s: messages go there; set TELEGRAM_CHAT_ID=%s, so that "
            "this is so after a restart, too",
            self.id,
            chat,
            chat,
        )
        self.id = chat

    def _miss(self, topic: int) -> None:
        if topic not in self._topics_gone:
            _log.warning("the topic %s of the chat is closed or gone: messages go to the chat itself", topic)
        self._topics_gone.add(topic)

    def _translate(self, found: TelegramError | Message | bool) -> DeliveryError:
        """What went wrong, and what a person can do about it. Made, not raised: it has no past that knows a URL."""
        if not isinstance(found, TelegramError):
            return DeliveryError("Telegram answered strangely: neither a message nor an error")
        words = redact(found.message, (self._token,))
        words = cut("".join(c for c in words if c.isprintable()), LONGEST_WORDS)
        match found:
            case _NotTelegram() | TelegramError(__cause__=_NotTelegram()):
                return DeliveryError(
                    "what answers is not Telegram's Bot API: a proxy, a captive portal, or another `api` than meant"
                )
            case RetryAfter():
                wait = found.retry_after
                seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
                return DeliveryError(f"Telegram asks for a pause of {seconds:g} s", retry_after=seconds)
            case InvalidToken():
                return DeliveryError(
                    "Telegram does not know this bot: put the token that @BotFather shows into "
                    "TELEGRAM_BOT_TOKEN, and restart watchdog",
                    blocked=True,
                )
            case Forbidden():
                return DeliveryError(_explain_forbidden(words), blocked=True)
            case Conflict():
                return DeliveryError(
                    "another program reads this bot's updates (409): give each program a bot of its own"
                )
            case BadRequest():
                return _explain_refusal(self.id, words)
            case NetworkError():
                return DeliveryError(f"Telegram cannot be reached: {words}")
            case _:
                return DeliveryError(f"Telegram answered: {words}")


def _says(error: TelegramError, *words: str) -> bool:
    """Whether it is one of these: Telegram has one code for many of them, and tells them apart by words."""
    said = error.message.lower()
    return any(word in said for word in words)


def _explain_forbidden(words: str) -> str:
    said = words.lower()
    if "blocked by the user" in said:
        return "the person has blocked the bot: open it in Telegram and press Unblock"
    if "initiate conversation" in said:
        return "a bot may not begin to talk: open it in Telegram and press Start"
    if "kicked" in said or "not a member" in said:
        return "the bot is not in the chat (any more): add it again; in a channel as an administrator who may post"
    return f"Telegram does not let the bot write to the chat ({words}): choose another TELEGRAM_CHAT_ID"


def _explain_refusal(chat: int, words: str) -> DeliveryError:
    said = words.lower()
    if "chat not found" in said or "peer_id_invalid" in said:
        return DeliveryError(
            f"there is no chat {chat} that the bot knows: is TELEGRAM_CHAT_ID right, with its minus? Then add "
            "the bot to the group, or open it in Telegram and press Start",
            blocked=True,
        )
    if any(word in said for word in _NO_RIGHTS):
        return DeliveryError(
            f"the bot may not write in the chat ({words}): give it the right to send messages", blocked=True
        )
    return DeliveryError(f"Telegram refuses the message: {words}", permanent=True)


class _NotTelegram(TelegramError):  # noqa: N818 - reads as what it says
    """What answered speaks another language than the Bot API."""


class _Exchange(BaseRequest):
    """The SDK's requests, over one kept connection."""

    __slots__ = ("_caller",)

    def __init__(self) -> None:
        self._caller = KeptCaller(REQUEST_WITHIN, self.USER_AGENT)

    @property
    def read_timeout(self) -> float:
        """Seconds."""
        return REQUEST_WITHIN

    async def initialize(self) -> None:
        """Nothing: the connection is opened by the first request."""

    async def shutdown(self) -> None:
        """Close the connection."""
        await self._caller.close()

    async def do_request(  # noqa: PLR0917 - the SDK's own
        self,
        url: str,
        method: str,  # noqa: ARG002 - everything that we ask is posted
        request_data: RequestData | None = None,
        read_timeout: object = None,  # noqa: ARG002 - all requests have the same deadline
        write_timeout: object = None,  # noqa: ARG002
        connect_timeout: object = None,  # noqa: ARG002
        pool_timeout: object = None,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """The status and the body of one request. Raises `NetworkError`, in words that hold no URL."""
        try:
            return await self._caller.post(url, request_data.json_parameters if request_data else {})
        except Unreachable as error:
            raise NetworkError(str(error)) from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as Telegram gives it. Anything else is not written to the log, as the SDK would do."""
        try:
            answer = json.loads(payload)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not answer.keys() & {"result", "description"}:
            raise _NotTelegram("no answer of the Bot API")
        return answer
