"""The file that people copy: what it asks of their .env, watchdog itself understands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from watchdog.settings import load_settings

ROOT = Path(__file__).parents[2]
OVERRIDE = (ROOT / "docker-compose.override.yml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "how-to" / "install-as-sidecar.md").read_text(encoding="utf-8")


def test_every_variable_of_the_override_may_stand_in_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon reads the same .env, and takes no variable of the override for a misspelt one of its own."""
    names = sorted(set(re.findall(r"\$\{(WATCHDOG_[A-Z_]+)", OVERRIDE)))
    assert len(names) >= 5
    env = tmp_path / ".env"
    env.write_text("".join(f"{name}=1\n" for name in names))
    monkeypatch.delenv("WATCHDOG_LISTEN", raising=False)
    load_settings(env, tmp_path / "no-secrets")


def test_the_page_and_the_file_say_the_same_command() -> None:
    """Who follows either of them gets the same four lines in .env."""

    def words(text: str) -> list[str]:
        found = re.search(r"printf .*?>> \.env", text, re.DOTALL)
        assert found is not None
        return [word for word in found[0].replace("\\\n", " ").split() if word not in ("#", "\\")]

    assert words(OVERRIDE) == words(PAGE)


def test_nobody_but_the_machine_itself_is_answered() -> None:
    """Every published port of the override is bound to the loopback address."""
    ports = re.findall(r'^ *ports: \["(.*)"\]', OVERRIDE, re.MULTILINE)
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
