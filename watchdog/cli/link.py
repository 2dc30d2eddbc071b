"""The line to the daemon: HTTP over its unix socket, with the standard library alone."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

from watchdog.cli import state_folder
from watchdog.cli.exits import CommandError, Exit

Json = dict[str, Any]

# A daemon that is well answers at once; looking at everything through a slow engine takes a few seconds.
PATIENCE = 30.0
_NOT_FOUND = 404


def find_socket(given: Path | None) -> Path:
    """Where the daemon listens: as given, else in the state folder that the daemon would choose here itself."""
    return Path(state_folder.find_socket(given))


class Link:
    """Asks the daemon. Every method raises CommandError with the exit code that fits."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, *path: str, **query: str | int | None) -> Json:
        """The answer to a question."""
        return self._ask("GET", _address(path, query), None, PATIENCE)

    def post(self, *path: str, body: Json) -> Json:
        """The answer to an order, or to a question with details."""
        return self._ask("POST", _address(path, {}), body, PATIENCE)

    def follow(self, target: str) -> Following:
        """Begin to follow the happenings of a target; nothing is missed from here on."""
        connection = self._connect(PATIENCE)
        try:
            response = self._send(connection, "GET", _address(("follow",), {"target": target}), None)
            _read_error(response)
            response.readline()  # the first sign of life: from here on nothing is missed
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self._gone(error) from error
        except CommandError:
            connection.close()
            raise
        return Following(connection, response)

    def _ask(self, method: str, address: str, body: Json | None, patience: float) -> Json:
        connection = self._connect(patience)
        try:
            response = self._send(connection, method, address, body)
            _read_error(response)
            return _parse(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise self._gone(error) from error
        finally:
            connection.close()

    def _connect(self, patience: float) -> http.client.HTTPConnection:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(patience)
        try:
            line.connect(os.fspath(self._path))
        except PermissionError as error:
            line.close()
            raise _error("not_allowed", Exit.NO_DAEMON, path=self._path) from error
        except OSError as error:
            line.close()
            raise _error("no_daemon", Exit.NO_DAEMON, path=self._path) from error
        connection = http.client.HTTPConnection("watchdog", timeout=patience)
        connection.sock = line
        return connection

    def _send(
        self, connection: http.client.HTTPConnection, method: str, address: str, body: Json | None
    ) -> http.client.HTTPResponse:
        text = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            connection.request(method, address, text, headers)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self._gone(error) from error

    def _gone(self, error: Exception) -> CommandError:
        if isinstance(error, TimeoutError):
            return _error("no_answer", Exit.NO_DAEMON, path=self._path)
        return _error("hung_up", Exit.NO_DAEMON, path=self._path, error=type(error).__name__)


class Following:
    """The happenings of a target, as they come. A context: leaving it hangs up."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._response = response

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def __iter__(self) -> Iterator[Json | None]:
        """Each happening; None for a sign of life. Ends when the daemon hangs up or is silent for too long."""
        try:
            while line := self._response.readline():
                yield _parse(line) if line.strip() else None
        except (OSError, http.client.HTTPException):
            return


def _error(name: str, code: Exit, **facts: object) -> CommandError:
    """An error of the line itself, in the user's language, with its fix."""
    from watchdog.cli.language import own_words  # noqa: PLC0415 - most commands go well

    screen = own_words().screen
    return CommandError(screen[name].format(**facts), screen[f"{name}_fix"], code)


def _address(path: tuple[str, ...], query: dict[str, str | int | None]) -> str:
    asked = {name: value for name, value in query.items() if value is not None}
    address = "/" + "/".join(quote(part, safe="") for part in path)
    return f"{address}?{urlencode(asked)}" if asked else address


def _read_error(response: http.client.HTTPResponse) -> None:
    if response.status < http.client.BAD_REQUEST:
        return
    told = _parse(response.read())
    code = Exit.UNKNOWN_NAME if response.status == _NOT_FOUND else Exit.SICK
    if "error" not in told:
        raise _error("daemon_failed", code, status=response.status)
    raise CommandError(str(told["error"]), str(told.get("fix") or ""), code)


def _parse(text: bytes) -> Json:
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
