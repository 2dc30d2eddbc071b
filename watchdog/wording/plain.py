"""Text from outside (names, logs, an engine's answer) made harmless for a terminal and for one line."""

from __future__ import annotations

import re
import unicodedata

# A whole escape sequence goes, not only its first byte: CSI, OSC (titles, links), the two-byte ones.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_a-z]")
LONGEST = 2000
_SPACES = re.compile(r"\s+")
# French has them before some marks and between a number and its unit; they keep a line from breaking there.
_NO_BREAK = ("\u00a0", "\u202f")


def plain(text: str, longest: int = LONGEST) -> str:
    """The text on one line, without control characters or escape sequences, at most `longest` characters.

    Characters that turn the direction of writing are taken out too: they can make a name read as another.
    """
    text = _ESCAPES.sub("", text[: 4 * longest])
    kept = "".join(_harmless(character) for character in text)
    kept = _SPACES.sub(_one_space, kept).strip(" ")
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"


def _one_space(found: re.Match[str]) -> str:
    return found[0] if found[0] in _NO_BREAK else " "


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category in ("Cf", "Cs", "Co", "Cn") else character
