"""The only place that wires: every part is built here and joined by plain callables.

Belongs here: `build` (what is joined with what), `parts` (what comes out of that), `run` (starting and stopping), `outside` (what is replaced in
tests), `past` (what an earlier daemon left). Does not: any `if` about policy, any I/O of its own.
"""

from watchdog.app.build import build
from watchdog.app.outside import Outside
from watchdog.app.parts import JOURNAL, App
from watchdog.app.run import main, start, stop

__all__ = ["JOURNAL", "App", "Outside", "build", "main", "start", "stop"]
