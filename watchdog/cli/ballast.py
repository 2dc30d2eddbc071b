"""What libraries import in case somebody needs it, and the daemon never does: 6 MiB of its memory."""

from __future__ import annotations

import sys
import warnings

# requests guesses with these how text is encoded that does not say so; the engine's does.
_GUESSERS = ("charset_normalizer", "chardet")


def drop() -> None:
    """Keep it out of this process; to be called before anything heavy is imported. Only the daemon does."""
    if "structlog" not in sys.modules and "rich" not in sys.modules:
        # For tracebacks that show the values of variables, which ours never do. Who shows something may
        # import it afterwards.
        sys.modules["rich"] = None  # type: ignore[assignment]
        import structlog  # noqa: F401, PLC0415 - looks for rich when it is imported

        del sys.modules["rich"]
    if "requests" not in sys.modules:
        warnings.filterwarnings("ignore", message="Unable to find acceptable character detection")
        for name in _GUESSERS:
            sys.modules.setdefault(name, None)  # type: ignore[arg-type]
