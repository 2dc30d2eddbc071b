"""What is written ahead, on a disk of its own if so told. Nobody reads it again: the points are in the shards, too."""

import os
import threading
from pathlib import Path

# The real one closes a segment, and begins another, when it has grown to a size; here it is one small file.
LARGEST = 1 << 20
PAGE = 4096


class Wal:
    """One file, begun anew when it is large; without a path nothing is kept."""

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None
        self._lock = threading.Lock()

    def append(self, written: bytes) -> None:
        """Keep it, in whole pages, so that a full disk shows at once; raises OSError on one."""
        if self._path is None:
            return
        with self._lock:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o644)
            try:
                size = os.fstat(file).st_size
                at = size if size < LARGEST else 0
                os.ftruncate(file, at)
                padded = written + bytes(-len(written) % PAGE)
                if os.pwrite(file, padded, at) < len(padded):
                    os.ftruncate(file, at)
                    raise OSError("no space left on device")
            finally:
                os.close(file)
