"""Checks, actions and notifiers that did not come with watchdog, each behind a thread of its own.

Whatever they do, the daemon's loop goes on: they are waited for as long as they may take, what they hand back is
believed only if it is what it has to be, and what does not come back is left behind and not asked again until it
does. A check that goes wrong again and again is reported, to be switched off.
"""

from watchdog.engine.outsiders.outsiders import Outsiders

__all__ = ["Outsiders"]
