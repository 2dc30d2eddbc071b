"""The exit codes that are promised, and the errors that lead to them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """0 fine or healed, 1 sick or failed or refused, 2 usage, 3 no daemon answers, 4 an unknown name, 75 start it anew, 78 config."""

    FINE = 0
    SICK = 1
    USAGE = 2
    NO_DAEMON = 3
    UNKNOWN_NAME = 4
    TRY_AGAIN = 75
    CONFIG = 78


class CommandError(Exception):
    """A command cannot go on. `error` says what is wrong, `fix` what to do about it."""

    def __init__(self, error: str, fix: str = "", code: Exit = Exit.SICK) -> None:
        super().__init__(error)
        self.error = error
        self.fix = fix
        self.code = code
