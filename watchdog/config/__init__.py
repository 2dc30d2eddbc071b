"""Files -> a frozen Config, or every mistake at once, each with its place and what to do about it.

Belongs here: reading and judging watchdog.yml and the playbooks. Does not: the environment and secrets
(`settings.py`), what a kind may be told (its own `parameters_type`), anything that runs.
"""

from watchdog.config.load import load_config
from watchdog.config.records import CheckConfig, Config, EngineLimits, TargetConfig, Watch, Web

__all__ = ["CheckConfig", "Config", "EngineLimits", "TargetConfig", "Watch", "Web", "load_config"]
