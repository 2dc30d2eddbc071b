"""Where the daemon keeps its state, by the same rules as `settings.py` (a test compares them), without its weight."""

from __future__ import annotations

import os

SOCKET = "control.sock"
_SHARED = "/var/lib/watchdog"


def find_socket(given: str | os.PathLike[str] | None = None) -> str:
    """Where the daemon listens: as given, else in the state folder that the daemon would choose here itself."""
    # Not pathlib here: it costs a healthcheck a quarter of its time.
    if given is not None:
        return os.path.join(given, SOCKET) if os.path.isdir(given) else os.fspath(given)  # noqa: PTH112, PTH118
    return os.path.join(state_folder(), SOCKET)  # noqa: PTH118 - the same


def state_folder() -> str:
    """The folder."""
    named = os.environ.get("WATCHDOG_STATE_DIR")
    if not named and os.path.isfile(".env"):  # noqa: PTH113 - the same
        from dotenv import dotenv_values  # noqa: PLC0415 - most have none here

        named = dotenv_values(".env").get("WATCHDOG_STATE_DIR")
    if named:
        return os.path.abspath(os.path.expanduser(named))  # noqa: PTH100, PTH111 - the same
    if os.access(_SHARED if os.path.exists(_SHARED) else os.path.dirname(_SHARED), os.W_OK):  # noqa: PTH110, PTH120
        return _SHARED
    home = os.path.expanduser("~")  # noqa: PTH111 - the same
    return _SHARED if home == "~" else os.path.join(home, ".local", "state", "watchdog")  # noqa: PTH118
