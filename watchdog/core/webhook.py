"""How a notification is spelled for those who take webhooks, and what their answers mean.

The shapes are those that are documented: https://docs.ntfy.sh/publish/#publish-as-json,
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
https://discord.com/developers/docs/resources/webhook#execute-webhook; `json` is our own, and versioned.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from watchdog.core.notification import Notification, Severity, Telling
from watchdog.core.observation import Fact
from watchdog.core.ping import cut

# Of our own JSON. Keys may be added under the same number, never renamed or removed.
VERSION = 1
# ntfy makes an attachment of what is longer, and so many characters of a title are shown nowhere.
NTFY_BYTES, TITLE = 4096, 250
# Slack advises 4000 and cuts at 40 000; escaped text is longer.
SLACK_CHARACTERS = 3500
# Discord refuses what is longer. It is counted in UTF-16, which is never fewer than Discord counts.
DISCORD_UNITS = 2000
# A fact comes from outside (an engine's error); what is longer is of no use to a receiver.
LONGEST_FACT = 2000

_DISCORD = ("discord.com", "discordapp.com")
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
_DISCORD_UNVERSIONED = re.compile(r"^/api/webhooks/")
# What Discord's Markdown, its mentions, emoji and links are made of. A backslash before any of it is not shown.
_MARKUP = frozenset("\\*_~`|<>#[]()@:-+")
_SUPPRESS_EMBEDS, _SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 12
_QUIET = 2
_PRIORITIES = {Severity.CRITICAL: 5, Severity.HIGH: 4, Severity.WARNING: 3}
# ntfy shows these as emoji: https://docs.ntfy.sh/emojis/
_TAGS = {
    Telling.OPENED: "warning",
    Telling.ACTING: "wrench",
    Telling.PROPOSED: "question",
    Telling.ASKED: "question",
    Telling.HEALED: "white_check_mark",
    Telling.RECOVERED: "white_check_mark",
    Telling.CONFIG_MENDED: "white_check_mark",
    Telling.ESCALATED: "rotating_light",
    Telling.REMINDED: "rotating_light",
    Telling.ENGINE_LOST: "rotating_light",
    Telling.ENGINE_FOUND: "white_check_mark",
    Telling.CONFIG_BROKEN: "warning",
    Telling.SWITCHED_OFF: "no_entry",
}


class Form(StrEnum):
    """Whose shape the JSON has."""

    JSON = "json"
    NTFY = "ntfy"
    SLACK = "slack"
    DISCORD = "discord"


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One notification with its words, ready to be spelled.

    Attributes:
        lines: below the title, without markup.
        loud: whether it may make a sound.
        language: of title and lines.
        left_out: older notifications that are told no more.
    """

    notification: Notification
    title: str
    lines: tuple[str, ...]
    loud: bool = True
    language: str = "en"
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """What is to be sent. The URL is a secret: whoever knows it can write to people in our name."""

    url: str
    body: bytes

    def __repr__(self) -> str:
        return f"Post([hidden], {len(self.body)} bytes)"


def form_of(url: str) -> Form:
    """Whose webhook this is, by its host; our own JSON for every host that is nobody's."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host == "hooks.slack.com":
        return Form.SLACK
    if host in _DISCORD or host.endswith(tuple(f".{each}" for each in _DISCORD)):
        return Form.DISCORD
    return Form.NTFY if host == "ntfy.sh" and _split_topic(url) else Form.JSON


def check_url(url: str, form: Form = Form.JSON) -> str:
    """Why this cannot be the URL of a webhook of that form, "" if it can. The reason does not show the URL."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or not url.isprintable() or " " in url:
        return "is no URL that begins with https:// or http://"
    if "@" in parts.netloc:
        return "has a name or password before its host; write the header Authorization instead"
    if form is Form.NTFY and _split_topic(url) is None:
        return "ends in no topic of ntfy; write https://ntfy.sh/TOPIC"
    return ""


def make_post(url: str, form: Form, push: Push) -> Post:
    """The notification for this receiver. Raises ValueError for a URL that `check_url` objects to."""
    body: dict[str, Any]
    match form:
        case Form.NTFY:
            split = _split_topic(url)
            if split is None:
                raise ValueError("no topic")
            url, topic = split
            body = _for_ntfy(topic, push)
        case Form.SLACK:
            body = _for_slack(push)
        case Form.DISCORD:
            url = _discord_url(url)
            body = _for_discord(push)
        case Form.JSON:
            body = _for_anyone(push)
    return Post(url, json.dumps(body, allow_nan=False).encode())


def secrets_in(url: str) -> tuple[str, ...]:
    """All of a webhook's URL but its host: none of it may stand in what is shown of an answer."""
    parts = urlsplit(url)
    values = [value for _, value in parse_qsl(parts.query)]
    return tuple(dict.fromkeys(each for each in (url, *parts.path.split("/"), parts.query, *values) if each))


def _for_anyone(push: Push) -> dict[str, Any]:
    told = push.notification
    key = "\0".join((told.telling, told.target, told.incident or "", told.at.wall.isoformat()))
    return {
        "version": VERSION,
        # The same when it is sent once more because an answer got lost.
        "id": hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32],
        "telling": told.telling.value,
        "severity": told.severity.value,
        "target": told.target,
        "incident": told.incident,
        "at": told.at.wall.isoformat(),
        "title": push.title,
        "lines": list(push.lines),
        "text": "\n".join((push.title, *push.lines)),
        "language": push.language,
        "loud": push.loud,
        "finding": {"kind": told.finding.kind, "facts": _plain_facts(told.finding.facts)},
        "facts": _plain_facts(told.facts),
        "left_out": push.left_out,
    }


def _plain_facts(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    return {name: _plain_fact(fact) for name, fact in facts.items()}


def _plain_fact(fact: Fact) -> Fact:
    if isinstance(fact, str):
        return fact[:LONGEST_FACT]
    return None if isinstance(fact, float) and not math.isfinite(fact) else fact


def _for_ntfy(topic: str, push: Push) -> dict[str, Any]:
    told = push.notification
    tag = _TAGS.get(told.telling, "information_source")
    return {
        "topic": topic,
        "title": push.title[:TITLE],
        # ntfy writes "triggered" where there is nothing.
        "message": cut("\n".join(push.lines) or push.title, NTFY_BYTES).decode(),
        "priority": _PRIORITIES[told.severity] if push.loud else _QUIET,
        "tags": [tag, told.severity.value],
    }


def _split_topic(url: str) -> tuple[str, str] | None:
    """The root of the server and the topic: JSON is not published to the topic's own URL."""
    parts = urlsplit(url)
    root, _, topic = parts.path.rstrip("/").rpartition("/")
    if not _TOPIC.fullmatch(topic):
        return None
    return urlunsplit(parts._replace(path=f"{root}/", fragment="")), topic


def _for_slack(push: Push) -> dict[str, Any]:
    text = "\n".join((push.title, *push.lines))
    if len(text) > SLACK_CHARACTERS:
        text = text[: SLACK_CHARACTERS - 1] + "…"
    # These three are Slack's own markup (links, mentions) and are escaped like this, and nothing else is.
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # What is left of markup (asterisks, backticks) cannot be escaped, only switched off.
    return {"text": text, "mrkdwn": False}


def _for_discord(push: Push) -> dict[str, Any]:
    title = f"**{_escape(push.title, 2 * TITLE)}**"
    lines = _escape("\n".join(push.lines), DISCORD_UNITS - 1 - _units(title))
    quiet = 0 if push.loud else _SUPPRESS_NOTIFICATIONS
    return {
        "content": f"{title}\n{lines}" if lines else title,
        # Nobody is called by a name that stands in a log.
        "allowed_mentions": {"parse": []},
        "flags": _SUPPRESS_EMBEDS | quiet,
    }


def _discord_url(url: str) -> str:
    """With a version and a proof.

    Without a version it is an old one, whose `Retry-After` is in milliseconds; without `wait` a message
    that was not saved is answered like one that was.
    """
    parts = urlsplit(url)
    query = [*(pair for pair in parse_qsl(parts.query) if pair[0] != "wait"), ("wait", "true")]
    path = _DISCORD_UNVERSIONED.sub("/api/v10/webhooks/", parts.path)
    return urlunsplit(parts._replace(path=path, query=urlencode(query), fragment=""))


def _escape(text: str, longest: int) -> str:
    """Text that Discord shows as it is, at most so many units; it is never cut within an escape."""
    pieces = [f"\\{character}" if character in _MARKUP else character for character in text]
    if sum(map(_units, pieces)) <= longest:
        return "".join(pieces)
    kept, left = [], longest - _units("…")
    for piece in pieces:
        left -= _units(piece)
        if left < 0:
            break
        kept.append(piece)
    return "".join(kept) + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
