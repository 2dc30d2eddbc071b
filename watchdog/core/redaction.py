"""Taking secrets out of text before it is kept or shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"

_SHAPES = (
    # A Telegram bot token; \b would miss the one in ".../bot123456:AA...".
    re.compile(r"(?<!\d)\d{6,}:[\w-]{30,}"),
    # user:password@ in a URL
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    # Authorization: Bearer xyz / Token xyz
    re.compile(r"(?i)(?<=bearer )[\w.~+/=-]{8,}|(?<=token )[\w.~+/=-]{16,}"),
    # password=..., token: ..., api_key="..."
    re.compile(
        r"""(?ix)(?:pass(?:word|wd)?|secret|token|api[_-]?key|access[_-]?key)["']?\s*[=:]\s*["']?(?P<value>[^\s"',;&]{3,})"""
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
    for secret in sorted((s for s in secrets if len(s) >= 4), key=len, reverse=True):  # noqa: PLR2004 - shorter values would hide ordinary words
        text = text.replace(secret, HIDDEN)
    for shape in _SHAPES:
        text = shape.sub(_hide, text)
    return text


def _hide(match: re.Match[str]) -> str:
    value = match.groupdict().get("value")
    if value is None:
        return HIDDEN
    return match.group(0)[: match.start("value") - match.start(0)] + HIDDEN
