"""The machine's clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from watchdog.core.moment import Moment

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """`now` from CLOCK_BOOTTIME (which goes on while the machine sleeps) and the wall clock."""

    def __init__(self) -> None:
        self._boot_id = BOOT_ID.read_text(encoding="ascii").strip() if BOOT_ID.exists() else "unknown"

    def now(self) -> Moment:
        """The present moment."""
        return Moment(
            boot_id=self._boot_id, boot=time.clock_gettime(time.CLOCK_BOOTTIME), wall=datetime.now(UTC)
        )
