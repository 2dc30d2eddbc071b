"""Who is told: what the file says, and what the environment gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from watchdog.config import Config, load_config
from watchdog.config.channels import GIVEN
from watchdog.core.errors import ConfigError
from watchdog.registry import NOTIFIERS

MINIMAL = "version: 1\nwatch: {project: shop}\n"
TOKEN = "123456:" + "A" * 35
TELEGRAM: dict[str, dict[str, object]] = {"telegram": {"token": SecretStr(TOKEN), "chat": -1001}}


def load(folder: Path, text: str, given: dict[str, dict[str, object]]) -> Config:
    file = folder / "watchdog.yml"
    file.write_text(MINIMAL + text)
    return load_config(file, given=given)


def test_every_name_that_is_given_is_a_parameter_of_that_kind() -> None:
    """What the environment gives is what the notifier takes."""
    for kind, names in GIVEN.items():
        assert names.keys() <= NOTIFIERS[kind].parameters_type.model_fields.keys()


def test_channels_that_the_environment_opens_are_used_without_a_word_in_the_file(tmp_path: Path) -> None:
    """A stack whose .env names a bot and a chat is told by Telegram; half of it opens nothing."""
    assert [each.kind for each in load(tmp_path, "", TELEGRAM).notifiers] == ["log", "telegram"]
    half: dict[str, dict[str, object]] = {"telegram": {"token": SecretStr(TOKEN)}, "webhook": {}}
    assert [each.kind for each in load(tmp_path, "", half).notifiers] == ["log"]


def test_the_file_says_the_rest(tmp_path: Path) -> None:
    """What stands in the file wins where it may; the token comes from the environment."""
    config = load(tmp_path, "notifiers:\n  ops: {kind: telegram, chat: 7, topic: 3}\n", TELEGRAM)
    (ops,) = config.notifiers
    found = ops.parameters.model_dump()
    assert (ops.name, found["chat"], found["topic"]) == ("ops", 7, 3)
    assert found["token"].get_secret_value() == TOKEN


def test_a_token_is_in_no_message(tmp_path: Path) -> None:
    """Also where the rest of its entry is wrong."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "notifiers:\n  ops: {kind: telegram, chat: '@ops', topic: x}\n", TELEGRAM)
    assert len(caught.value.problems) == 2
    assert TOKEN not in str(caught.value)
