"""The package of evil plug-ins, as if it were installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from watchdog.registry import ACTION_KINDS, CHECK_KINDS, NOTIFIER_KINDS

FOLDER = Path(__file__).with_name("plugins_evil")
ORIGIN = "evil-plugins 1.0"


@pytest.fixture
def evil(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package is installed; whatever hangs in it is let go at the end."""
    monkeypatch.syspath_prepend(FOLDER)
    for kinds in (CHECK_KINDS, ACTION_KINDS, NOTIFIER_KINDS):
        monkeypatch.setattr(kinds, "_loaded", {})
    module = __import__("evil_plugins")
    module.LET_GO.clear()
    module.HANGING.clear()
    module.EvilNews.told.clear()
    yield module
    module.LET_GO.set()
    for name in ("evil_plugins", "evil_exits"):
        sys.modules.pop(name, None)
