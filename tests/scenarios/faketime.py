"""A wall clock that can be set for the daemon alone: libfaketime, of Debian's archive."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.scenarios.failed import Failed
from tests.scenarios.stage import Stage

NAME = "faketime/libfaketime.so.1"


class WallClock:
    """The clock that the daemon reads off the wall; those that it counts on go as they are."""

    def __init__(self, stage: Stage) -> None:
        """To be made before the daemon is launched."""
        self._file = stage.work / "wall"
        self.ahead(0)
        stage.daemon.environment |= {
            "LD_PRELOAD": str(find_library(stage.work)),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def ahead(self, seconds: int) -> None:
        """Set it, so that from now on it is so many seconds ahead of the machine's."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n", encoding="ascii")
        new.rename(self._file)


def find_library(work: Path) -> Path:
    """libfaketime, unpacked beside the scenario if it is not installed: nothing is installed, and no root needed."""
    found = sorted(Path("/usr/lib").glob(f"*/{NAME}"))
    if not found:
        for command in (
            ["apt-get", "download", "-q", "libfaketime"],
            ["sh", "-c", "dpkg-deb -x libfaketime_*.deb lib"],
        ):
            done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False, timeout=60)
            if done.returncode:
                raise Failed(
                    f"libfaketime is needed (apt-get install libfaketime): {done.stderr.strip()[-300:]}"
                )
        found = sorted(work.glob(f"lib/usr/lib/*/{NAME}"))
    return found[0]
