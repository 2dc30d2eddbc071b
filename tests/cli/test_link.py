import socket
import threading
from contextlib import closing
from pathlib import Path

import pytest

from watchdog.cli.exits import CommandError, Exit
from watchdog.cli.link import Link, find_socket
from watchdog.settings import load_settings


@pytest.mark.parametrize("variable", ["/tmp/elsewhere", None, "dotenv"])
def test_the_command_line_looks_where_the_daemon_listens(
    variable: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the environment says, clients and daemon agree on the socket."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WATCHDOG_STATE_DIR", raising=False)
    if variable == "dotenv":
        (tmp_path / ".env").write_text("WATCHDOG_STATE_DIR=from/dotenv\n")
    elif variable is not None:
        monkeypatch.setenv("WATCHDOG_STATE_DIR", variable)
    assert find_socket(None) == load_settings().state_dir / "control.sock"


def test_a_socket_may_be_named_by_its_folder(tmp_path: Path) -> None:
    """--socket takes the socket or the state folder."""
    assert find_socket(tmp_path) == tmp_path / "control.sock"
    assert find_socket(tmp_path / "x.sock") == tmp_path / "x.sock"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", "hung up"),
        (b"nonsense\r\n\r\n", "hung up"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops", r"the daemon failed \(500\)"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "hung up"),
    ],
)
def test_whatever_the_other_end_says_is_an_error_in_words(tmp_path: Path, said: bytes, error: str) -> None:
    """A daemon that dies in the middle of an answer makes no traceback."""
    path = tmp_path / "control.sock"
    with closing(socket.socket(socket.AF_UNIX)) as door:
        door.bind(str(path))
        door.listen()

        def answer() -> None:
            line, _ = door.accept()
            with line:
                line.recv(4096)
                line.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(CommandError, match=error) as caught:
            Link(path).get("status")
        thread.join(10)
    assert caught.value.fix
    assert caught.value.code in (Exit.NO_DAEMON, Exit.SICK)
