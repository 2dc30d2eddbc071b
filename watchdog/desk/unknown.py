"""The answer to a name that nobody knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from watchdog.core.errors import NotThere

# A person reads a line, not a page.
_SHOWN = 20


class UnknownName(NotThere):
    """There is no target, playbook or incident of that name. `fix` names those that exist, the likely one first."""

    def __init__(self, what: str, asked: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no {what} {asked!r}")
        names = sorted(known)
        close = difflib.get_close_matches(asked, names, n=1)
        shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        listed = f"known: {shown}" if names else f"no {what} is known at all"
        self.fix = f"did you mean {close[0]}? {listed}" if close else listed
