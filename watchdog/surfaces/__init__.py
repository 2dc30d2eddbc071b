"""How people and programs reach the daemon. Each surface translates for the desk; none decides."""

from watchdog.surfaces.control import Control

__all__ = ["Control"]
