import socket
import threading
from pathlib import Path

from bench.engine_count import EngineCount


def serve(path: Path) -> socket.socket:
    """An engine that answers every request the same, on one connection after the other."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    listening.listen()

    def answer() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                while connection.recv(4096):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    threading.Thread(target=answer, daemon=True).start()
    return listening


def test_requests_are_counted_by_kind_and_passed_on(tmp_path: Path) -> None:
    """Each request counts once, whichever container it is about; the answers come back."""
    with serve(tmp_path / "e"), EngineCount(tmp_path / "c", str(tmp_path / "e")) as count:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.connect(str(tmp_path / "c"))
            for target in ("/v1.45/containers/abc/json", "/v1.45/containers/def/json?size=0", "/_ping"):
                client.sendall(f"GET {target} HTTP/1.1\r\nHost: d\r\n\r\n".encode())
                assert client.recv(4096).startswith(b"HTTP/1.1 200 OK")
        assert count.total == 3
        assert count.by_kind() == "2 GET /containers/ID/json, 1 GET /_ping"
        count.reset()
        assert (count.total, count.by_kind()) == (0, "none")
