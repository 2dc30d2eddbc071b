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
    # password=..., token: ..., api_key="with spaces"
    re.compile(
        r"""(?ix)(?:passw(?:or)?d|passphrase|(?<![a-z])pass|secret|token|(?:api|access|private|signing)[_-]?key)
        (?:[_-]?key)?["']?\s*[=:]\s*
        (?:"(?P<double>[^"]{3,})"|'(?P<single>[^']{3,})'|["']?(?P<value>[^\s"',;&]{3,}))"""
    ),
)

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
    for secret in _spellings(tuple(secrets)):
        text = text.replace(secret, HIDDEN)
    for shape in _SHAPES:
        text = shape.sub(_hide, text)
    return text


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
