"""In which language the command line speaks, by the same rules as `settings.py` (a test compares them)."""

from __future__ import annotations

import os

from watchdog.wording import Catalogue, words_of

_NAME = "WATCHDOG_LANGUAGE"


def own_words() -> Catalogue:
    """The words of WATCHDOG_LANGUAGE; English for a language that is not known: a client fails for nothing."""
    return words_of(named_language())


def named_language() -> str:
    """What the environment, or else `.env`, says; "en" when neither does."""
    named = os.environ.get(_NAME)
    if not named and os.path.isfile(".env"):  # noqa: PTH113 - not pathlib: each command asks
        from dotenv import dotenv_values  # noqa: PLC0415 - most have none here

        named = dotenv_values(".env").get(_NAME)
    return (named or "en").lower()
