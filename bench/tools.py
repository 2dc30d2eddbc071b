"""The black-box benchmark that does the measuring, and the bare watcher beside which we run.

Both are looked for in `../shared/bench` beside this repository, or where BENCH_TOOLS says. They are not ours:
`healbench.py` takes all times from the engine's own event stamps and knows nothing of watchdog, `ref_watcher.py` has
no policy, no memory and no messages.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
TOOLS = Path(os.environ.get("BENCH_TOOLS", REPOSITORY.parent / "shared" / "bench"))
HEALBENCH = TOOLS / "healbench.py"
REF_WATCHER = TOOLS / "ref_watcher.py"
# What the daemon under test watches by.
LABEL = "bench.watchdog=on"
LABELS = (LABEL, "watchdog.expect=running")


def find_healbench() -> ModuleType:
    """The benchmark as a module, for measurements that it does not know."""
    if not HEALBENCH.exists():
        print(
            f"healbench.py is not in {TOOLS}. Fix: set BENCH_TOOLS to the folder that holds it",
            file=sys.stderr,
        )
        raise SystemExit(2)
    spec = importlib.util.spec_from_file_location("healbench", HEALBENCH)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{HEALBENCH} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load() -> float:
    """The machine's load average over the last minute."""
    return os.getloadavg()[0]
