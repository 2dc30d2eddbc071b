"""What libraries import in case somebody needs it, and the daemon never does: a tenth of its memory."""

from __future__ import annotations

import sys
import warnings

_SPARED = (
    # requests guesses with these how text is encoded that does not say so; the engine's does: 3 MiB.
    "charset_normalizer",
    "chardet",
    # structlog shows tracebacks with it that ours never show: 3 MiB. The Telegram SDK brings httpx, and that a
    # command line of its own: 5 MiB.
    "rich",
    "click",
)


def drop() -> None:
    """Keep it out of this process; to be called before anything heavy is imported. Only the daemon does."""
    warnings.filterwarnings("ignore", message="Unable to find acceptable character detection")
    for name in _SPARED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def take_back() -> None:
    """Let it be imported after all: who is about to end has something to show on the terminal."""
    for name in _SPARED:
        if sys.modules.get(name, sys) is None:
            del sys.modules[name]
