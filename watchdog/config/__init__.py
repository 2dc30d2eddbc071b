"""Files -> a frozen Config, or every mistake at once, each with its place and what to do about it.

Belongs here: reading and judging watchdog.yml and the playbooks. Does not: the environment and secrets
(`settings.py`), what a kind may be told (its own `parameters_type`), anything that runs.
"""

from watchdog.config.channels import Given
from watchdog.config.current import CurrentConfig
from watchdog.config.difference import Change, compare, take_over
from watchdog.config.load import load_config
from watchdog.config.records import CheckConfig, Config, EngineLimits, TargetConfig, Watch, Web
from watchdog.config.source import Loaded, identify, load_from_disk, load_kept

__all__ = [
    "Change",
    "CheckConfig",
    "Config",
    "CurrentConfig",
    "EngineLimits",
    "Given",
    "Loaded",
    "TargetConfig",
    "Watch",
    "Web",
    "compare",
    "identify",
    "load_config",
    "load_from_disk",
    "load_kept",
    "take_over",
]
