"""Which container this process runs in, so that it can be left out of every list: never itself."""

from __future__ import annotations

import re
import socket
from pathlib import Path

ID = "[0-9a-f]{64}"
# The files that the engine mounts into every container; other paths may be those of other containers.
MOUNTED = re.compile(rf"/containers/({ID})/(?:hostname|hosts|resolv\.conf) /etc/")
GROUPED = re.compile(rf"[/-]({ID})(?:\.scope)?$", re.MULTILINE)
HOSTNAME = re.compile("[0-9a-f]{12}")


def own_container_id(proc: Path = Path("/proc/self")) -> str:
    """The id of our own container, or its first 12 characters; "" outside a container."""
    for name, pattern in (("mountinfo", MOUNTED), ("cgroup", GROUPED)):
        try:
            found = pattern.search((proc / name).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        if found:
            return found[1]
    name = socket.gethostname()
    return name if HOSTNAME.fullmatch(name) else ""
