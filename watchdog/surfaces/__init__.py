"""How people and programs reach the daemon. Each surface translates for the desk; none decides.

Belongs here: transport, who is at the other end, the shape of an error. Does not: what may be asked and what
follows from it (the desk), nor text for a terminal (the command line).
"""

from watchdog.surfaces.control import Control

__all__ = ["Control"]
