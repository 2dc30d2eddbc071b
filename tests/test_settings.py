"""The environment, .env and secret files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from watchdog.core.errors import ConfigError
from watchdog.core.redaction import names_secret
from watchdog.settings import default_config, default_state_dir, find_secret, known_secrets, load_settings

SECRET = "hunter2hunter2"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No .env of the checkout and no variable of the caller plays into these tests."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("WATCHDOG_")]:
        monkeypatch.delenv(name)
    return tmp_path


def test_nothing_set_gives_the_defaults(tmp_path: Path) -> None:
    """English, INFO, the checkout's file."""
    settings = load_settings(folder=tmp_path)
    assert (settings.language, settings.log_level, settings.config) == (
        "en",
        "INFO",
        Path("config/watchdog.yml"),
    )
    assert settings.state_dir == default_state_dir()


def test_the_environment_beats_dotenv_beats_secret_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One order of weight, whatever the case of a value; an empty value counts as none."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "watchdog_language").write_text("fr")
    (tmp_path / "secrets" / "watchdog_log_level").write_text("ERROR")
    (tmp_path / ".env").write_text("DOMAIN=example.org\nWATCHDOG_LOG_LEVEL=warning\nWATCHDOG_STATE_DIR=/b\n")
    monkeypatch.setenv("WATCHDOG_STATE_DIR", "/c")
    monkeypatch.setenv("WATCHDOG_CONFIG", "")
    settings = load_settings(folder=tmp_path / "secrets")
    assert (settings.language, settings.log_level, settings.state_dir) == ("fr", "WARNING", Path("/c"))
    assert settings.config == default_config()


def test_a_misspelt_variable_is_told_with_what_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typo is a mistake in the configuration, in the environment as in .env; systemd's own names are none."""
    (tmp_path / ".env").write_text("# ours\nDOMAIN=x\nWATCHDOG_LANGUGE=fr\n")
    monkeypatch.setenv("WATCHDOG_CONFG", SECRET)
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert caught.value.problems == (
        '.env:3:1 WATCHDOG_LANGUGE: unknown variable. Fix: did you mean "WATCHDOG_LANGUAGE"?',
        'environment WATCHDOG_CONFG: unknown variable. Fix: did you mean "WATCHDOG_CONFIG"?',
    )


def test_values_that_cannot_be_used_are_told_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each says where it was set; none shows the value."""
    (tmp_path / ".env").write_text(f"WATCHDOG_LANGUAGE={SECRET}\n")
    (tmp_path / "watchdog_log_level").write_text(SECRET)
    monkeypatch.setenv("WATCHDOG_STATE_DIR", "/" + "x" * 120)
    with pytest.raises(ConfigError) as caught:
        load_settings(folder=tmp_path)
    fix = "Fix: correct it, or unset it for the default"
    assert set(caught.value.problems) == {
        f"environment WATCHDOG_STATE_DIR: is longer than 94 bytes, too long for the socket in it. {fix}",
        f".env:1:1 WATCHDOG_LANGUAGE: must be 'en' or 'fr'. {fix}",
        f"{tmp_path} WATCHDOG_LOG_LEVEL: must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'. {fix}",
    }
    assert SECRET not in str(caught.value)


def test_a_dotenv_that_is_no_text_is_told(tmp_path: Path) -> None:
    """A binary .env is a problem with a fix, not a traceback; for redaction it holds nothing."""
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe\n")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_settings()
    assert known_secrets({}) == ()


def test_the_mounted_file_is_the_default_in_an_image(tmp_path: Path) -> None:
    """The checkout's file wins where both exist; where neither does, people are told of the checkout's."""
    here = tmp_path / "config" / "watchdog.yml"
    here.parent.mkdir()
    here.touch()
    assert default_config() == Path("config/watchdog.yml")


def test_secrets_are_known_by_the_names_of_their_variables(tmp_path: Path) -> None:
    """From the environment, .env, FOO_FILE, secret files and URLs; longest first, so that none hides a part."""
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=from-dotenv\nDOMAIN=example.org\nEMPTY_TOKEN=\n")
    (tmp_path / "token").write_text("from-token-file\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "anything").write_text("-----BEGIN KEY-----\nfirst-line\nsecond-line\n")
    (tmp_path / "secrets" / "folder").mkdir()
    environment = {
        "TELEGRAM_BOT_TOKEN": "from-environment",
        "INFLUXDB_TOKEN_FILE": str(tmp_path / "token"),
        "GONE_PASSWORD_FILE": str(tmp_path / "gone"),
        "NUL_PASSWORD_FILE": "a\0b",
        "DATABASE_URL": "postgres://user:from-a-url@db/shop",
        "HOOK_TOKEN": "Bearer from-a-header",
        "BOT_TOKEN": "123456789:second-half-of-a-token",
        "WATCHDOG_WEBHOOK_URL": "https://hook.example/x/path-t0ken-1?key=query-t0ken-1&silent=yes",
        "HEARTBEAT_URL": "https://[no-url-at-all",
        "DEBUG_TOKENS": "true",
        "PATH": "/usr/bin",
        "PWD": "/home/someone",
    }
    found = known_secrets(environment, folder=tmp_path / "secrets")
    assert {
        "Bearer from-a-header",
        "from-a-header",
        "123456789:second-half-of-a-token",
        "second-half-of-a-token",
        "https://hook.example/x/path-t0ken-1?key=query-t0ken-1&silent=yes",
        "/x/path-t0ken-1",
        "path-t0ken-1",
        "key=query-t0ken-1&silent=yes",
        "query-t0ken-1",
        "https://[no-url-at-all",
        "from-dotenv",
        "from-environment",
        "from-token-file",
        "from-a-url",
        "first-line",
        "second-line",
    } == {secret for secret in found if "\n" not in secret}
    assert list(found) == sorted(found, key=len, reverse=True)


def test_settings_offer_the_secrets_and_do_not_show_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A settings object in a log or a traceback gives nothing away."""
    monkeypatch.setenv("SHOP_API_KEY", SECRET)
    settings = load_settings()
    assert SECRET in settings.known_secrets()
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    "name",
    [
        "TELEGRAM_BOT_TOKEN",
        "PGPASSWORD",
        "POSTGRES_PASSWORD",
        "BINANCE_API_KEY",
        "BINANCE_API_SECRET",
        "JWT_SECRET",
        "MYSQL_PWD",
        "AWS_SECRET_ACCESS_KEY",
        "SECRET_KEY_BASE",
        "DB_PASS",
        "TOKEN2",
        "api-key",
        "apikey",
        "password",
    ],
)
def test_names_of_secrets_are_recognised(name: str) -> None:
    """The usual names, and those of the stack."""
    assert names_secret(name)


@pytest.mark.parametrize(
    "name", ["PWD", "OLDPWD", "PATH", "TOKENIZERS_PARALLELISM", "COMPASS", "DOMAIN", "GRAFANA_ADMIN_USER"]
)
def test_other_names_are_left_alone(name: str) -> None:
    """Hiding their values would hide ordinary words everywhere."""
    assert not names_secret(name)


PING = "https://hc-ping.com/5f3c1a2b-canary-0000-1111-222233334444"


@pytest.mark.parametrize("name", ["HEARTBEAT_URL", "WATCHDOG_HEARTBEAT_URL"])
def test_the_address_of_the_heartbeat_is_a_secret(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under either name it is read, shown nowhere, and known as a secret, its token by itself too."""
    monkeypatch.setenv(name, f" {PING} ")

    settings = load_settings()

    assert settings.heartbeat_url.get_secret_value() == PING
    assert "canary" not in repr(settings)
    assert {PING, PING.rpartition("/")[2]} <= set(settings.known_secrets())


@pytest.mark.parametrize(
    "value", ["hc-ping.com/canary", "htps://x/canary", "ftp://x/canary", "https:///canary", "http://a b/canary",
              "http://x:99999/canary", "http://[canary"]
)  # fmt: skip
def test_an_address_that_cannot_be_pinged_is_told_without_showing_it(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in a secret is told by its name and place."""
    monkeypatch.setenv("HEARTBEAT_URL", value)
    with pytest.raises(ConfigError) as caught:
        load_settings(folder=tmp_path)
    assert caught.value.problems == (
        (
            "environment HEARTBEAT_URL: is no URL that begins with https:// or http:// (value hidden). "
            "Fix: correct it, or unset it for the default"
        ),
    )


def test_a_bad_address_in_dotenv_is_told_with_its_line(tmp_path: Path) -> None:
    """The line of .env, whatever case its name is written in; an empty value is none."""
    (tmp_path / ".env").write_text("A=1\nheartbeat_url=canary\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(folder=tmp_path)
    assert caught.value.problems[0].startswith(".env:2:1 HEARTBEAT_URL: is no URL")

    (tmp_path / ".env").write_text("HEARTBEAT_URL=\n")
    assert load_settings(folder=tmp_path).heartbeat_url.get_secret_value() == ""


@pytest.mark.parametrize("prefix", ["", "WATCHDOG_"])
def test_what_the_environment_says_of_channels_is_offered_by_kind(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names as the stack's .env has them, or with our prefix; secrets stay hidden and are known as such."""
    token, url = "123456:" + "A" * 35, "https://hooks.example.org/T0/hunter2hunter2"
    monkeypatch.setenv(f"{prefix}TELEGRAM_BOT_TOKEN", token)
    monkeypatch.setenv(f"{prefix}TELEGRAM_CHAT_ID", "-1001234567890")
    monkeypatch.setenv("WATCHDOG_WEBHOOK_URL", url)

    found = load_settings()

    channels = found.channels()
    assert channels["telegram"]["chat"] == -1001234567890
    assert token not in str(channels)
    assert url not in str(channels)
    assert token in found.known_secrets()
    assert any("hunter2hunter2" in secret for secret in found.known_secrets())


def test_nothing_said_of_channels_opens_none(tmp_path: Path) -> None:
    """An empty variable is as good as none."""
    dotenv = tmp_path / ".env"
    dotenv.write_text("TELEGRAM_BOT_TOKEN=\nTELEGRAM_CHAT_ID=\n")
    assert load_settings(dotenv).channels() == {"telegram": {}, "webhook": {}}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TELEGRAM_BOT_TOKEN", "hunter2:abc", "does not look like a token, 123456:AA... (11 characters"),
        ("TELEGRAM_CHAT_ID", "@ops", "is no numeric id of a chat"),
        ("TELEGRAM_CHAT_ID", "0", "is no numeric id of a chat"),
        ("WATCHDOG_WEBHOOK_URL", "hooks.example.org/hunter2", "is no URL"),
        ("WATCHDOG_WEBHOOK_URL", "https://bob:hunter2@x.example/", "write the header Authorization instead"),
    ],
)
def test_a_channel_that_cannot_be_is_told_without_its_secret(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of the variable and what is wrong, never the value of a secret."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    (problem,) = caught.value.problems
    assert name in problem
    assert said in problem
    assert "hunter2" not in problem


def test_a_secret_that_the_file_names_is_found_where_settings_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment weighs more than .env, that more than a secret file; an empty value counts as none."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "ntfy_token").write_text("from the file\n")
    dotenv, folder = tmp_path / ".env", tmp_path / "secrets"
    assert find_secret("NTFY_TOKEN", dotenv, folder) == "from the file"
    dotenv.write_text("NTFY_TOKEN='from dotenv'\n")
    assert find_secret("NTFY_TOKEN", dotenv, folder) == "from dotenv"
    monkeypatch.setenv("NTFY_TOKEN", "")
    assert find_secret("NTFY_TOKEN", dotenv, folder) == "from dotenv"
    monkeypatch.setenv("NTFY_TOKEN", " from outside ")
    assert find_secret("NTFY_TOKEN", dotenv, folder) == "from outside"
    assert find_secret("OTHER_TOKEN", dotenv, folder) == ""


def test_tokens_of_jobs_that_check_in_are_no_mistake_and_are_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WATCHDOG_CHECK_IN_ and the name of a job: which jobs there are is not known here."""
    monkeypatch.setenv("WATCHDOG_CHECK_IN_NIGHTLY_BACKUP", "0123456789abcdef")
    settings = load_settings(tmp_path / ".env", tmp_path)
    assert "0123456789abcdef" in settings.known_secrets()
    assert find_secret("WATCHDOG_CHECK_IN_NIGHTLY_BACKUP") == "0123456789abcdef"
