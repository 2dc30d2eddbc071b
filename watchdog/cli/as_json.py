"""Answers for programs: they pay for no table."""

from __future__ import annotations

import json
import sys
from typing import Any


def show_json(content: dict[str, Any]) -> None:
    """One object on stdout."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.flush()
