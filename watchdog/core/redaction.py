"""Taking secrets out of text before it is kept or shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

HIDDEN = "[hidden]"
SHORTEST = 4

_SHAPES = (
    # A Telegram bot token; \b would miss the one in ".../bot123456:AA...".
    re.compile(r"(?<!\d)\d{6,}:[\w-]{30,}"),
    # user:password@ in a URL, also :password@, also with an @ in the password
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s]+(?=@)"),
    # Authorization: Basic xyz
    re.compile(r"""(?i)authorization["']?\s*[=:]\s*["']?(?:[a-z]+\s+)?(?P<value>[^\s"',]{3,})"""),
    # Bearer xyz / Token xyz; a word without a digit is a word
    re.compile(
        r"(?i)\b(?:bearer\s+(?P<bearer>(?=\S*\d)[\w.~+/=-]{8,})|token\s+(?P<token>(?=\S*\d)[\w.~+/=-]{16,}))"
    ),
    # --password xyz, as a program is called with it
    re.compile(
        r"(?i)(?<!\S)--?(?:[\w-]*[-_])?(?:passw(?:or)?d|passphrase|secret|token|api-?key) +(?P<flag>[^\s\-]\S{2,})"
    ),
    # What is known by its beginning: GitHub, GitLab, Slack, Stripe, AWS, npm, and a JSON web token
    re.compile(
        r"(?<![\w-])(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}"
        r"|[rs]k_(?:live|test)_\w{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|npm_\w{30,}"
        r"|eyJ[\w-]{8,}\.eyJ[\w-]{4,}(?:\.[\w-]*)?)"
    ),
    # URLs that are passwords themselves: webhooks of Slack and Discord, pings
    re.compile(
        r"(?i)(?<=://)(?P<webhook>hooks\.slack\.com/[\w/-]{8,}|discord(?:app)?\.com/api/(?:v\d+/)?webhooks/[\w/-]{8,}"
        r"|hc-ping\.com/[\w/-]{8,})"
    ),
    # password=..., token: ..., api_key="with spaces"
    re.compile(
        r"""(?ix)(?:passw(?:or)?d|passphrase|(?<![a-z])pass|secret|token|(?:api|access|private|signing)[_-]?key)
        (?:[_-]?key)?["']?\s*[=:]\s*
        (?:"(?P<double>[^"]{3,})"|'(?P<single>[^']{3,})'|["']?(?P<value>[^\s"',;&]{3,}))"""
    ),
)

# A piece of text that a cut may have gone through: a word of bounded length, else what could be a part of a secret.
_LAST_PIECE = re.compile(r"(?:(?<=\s)\S{1,256}|\w{1,256})\Z")
_FIRST_PIECE = re.compile(r"\A(?:\S{1,256}(?=\s)|\w{1,256})")

# Whole words of a name, so that TOKENIZERS_PARALLELISM=false does not hide every "false". PGPASSWORD is one word.
_SECRET_NAME = re.compile(
    r"""(?ix)(?:(?:passw(?:or)?d|secret)
    |(?:^|[\W_])(?:passphrase|pwd|pass|tokens?|credentials?|jwt|pat|(?:api|access|private|signing|encryption|auth)[_-]?key)
    )(?:$|[\W_]|\d)"""
)


def names_secret(name: str) -> bool:
    """Whether a value of this name (of a variable, of a key in a file) is to be taken for a secret."""
    # PWD and OLDPWD are where a shell stands.
    return name not in ("PWD", "OLDPWD") and _SECRET_NAME.search(name) is not None


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the known secret values and without what has the shape of one."""
    text = hide(text, secrets)
    for shape in _SHAPES:
        text = shape.sub(_hide, text)
    return text


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without these values: for sentences of ours, in which `token: is no ...` is no secret."""
    for secret in _spellings(tuple(secrets)):
        text = text.replace(secret, HIDDEN)
    return text


def cut(text: str, longest: int) -> str:
    """At most so many characters from the beginning.

    For text in which no secret was looked for yet: what stands at the cut is left out with the rest, because
    nobody would know half a secret again.
    """
    return text if len(text) <= longest else _LAST_PIECE.sub("", text[:longest])


def cut_beginning(text: str, longest: int) -> str:
    """The same from the end."""
    return text if len(text) <= longest else _FIRST_PIECE.sub("", text[-longest:])


@lru_cache(maxsize=8)
def _spellings(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """The secrets, longest first, as they may stand in text: without the newline of their file, quoted in a URL or in JSON.

    One of many lines (a key) is logged a line at a time. Short ones are left: they would hide ordinary words.
    """
    plain = {part.strip() for secret in secrets for part in (secret, *secret.splitlines())}
    spelled = {form for value in plain for form in (value, quote(value, safe=""), json.dumps(value)[1:-1])}
    return tuple(sorted((form for form in spelled if len(form) >= SHORTEST), key=len, reverse=True))


def _hide(match: re.Match[str]) -> str:
    name = next((name for name, value in match.groupdict().items() if value is not None), None)
    if name is None:
        return HIDDEN
    whole, (start, end), at = match.group(0), match.span(name), match.start(0)
    return whole[: start - at] + HIDDEN + whole[end - at :]
