"""What the environment says: where the configuration is, where state is kept, how loud the log is, and secrets.

Belongs here: WATCHDOG_* from the environment, from `.env` and from secret files, and the values that must
never be shown. Does not: anything that can stand in watchdog.yml.
"""

from __future__ import annotations

import os
import re
import stat
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from watchdog.core.address import parse_address
from watchdog.core.check_in import VARIABLE
from watchdog.core.ping import secrets_of
from watchdog.core.problem import Place, Report, show_text, suggest
from watchdog.core.redaction import names_secret
from watchdog.core.webhook import check_url

PREFIX = "WATCHDOG_"
DOTENV = Path(".env")
SECRETS = Path("/run/secrets")
# systemd gives the first two to a service of its own accord; the others are docker-compose.override.yml's,
# and stand in the project's .env.
_OTHERS_NAMES = frozenset(
    {
        "WATCHDOG_PID",
        "WATCHDOG_USEC",
        "WATCHDOG_PROJECT_DIR",
        "WATCHDOG_UID",
        "WATCHDOG_GID",
        "WATCHDOG_PORT",
    }
)
# A secret file is a line or a key; what is larger is none.
_LARGEST_SECRET = 64 * 1024
# The kernel's limit for the path of a unix socket is 107 bytes, and `control.sock` stands in the folder.
_LONGEST_FOLDER = 107 - len("/control.sock")
# Flags that end up in variables with a secret's name; hiding these words would hide half of every log.
_NO_SECRET = frozenset({"", "0", "1", "true", "false", "yes", "no", "on", "off", "none", "null"})
# The stack's .env may call these by their plain names.
HEARTBEAT_NAMES = ("HEARTBEAT_URL", f"{PREFIX}HEARTBEAT_URL")
TOKEN_NAMES = ("TELEGRAM_BOT_TOKEN", f"{PREFIX}TELEGRAM_BOT_TOKEN")
CHAT_NAMES = ("TELEGRAM_CHAT_ID", f"{PREFIX}TELEGRAM_CHAT_ID")
# The whole URL is a secret.
_URL_NAMES = frozenset({*HEARTBEAT_NAMES, f"{PREFIX}WEBHOOK_URL"})
_PLAIN_NAMES = (HEARTBEAT_NAMES, TOKEN_NAMES, CHAT_NAMES)
# As BotFather gives them out.
_TOKEN = re.compile(r"\d{6,}:[\w-]{30,}", re.ASCII)
_SECRET_PART = re.compile(r"(?:(?:bearer|basic|token) +|\d{6,}:)(\S{8,})", re.IGNORECASE | re.ASCII)
_PASSWORD_IN_URL = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")


def default_config() -> Path:
    """The checkout's file; in an image, where there is none, the one mounted in /etc."""
    here, mounted = Path("config/watchdog.yml"), Path("/etc/watchdog/watchdog.yml")
    return mounted if mounted.exists() and not here.exists() else here


def default_state_dir() -> Path:
    """/var/lib/watchdog where that can be written (root, or a volume in an image), else in the home folder."""
    shared = Path("/var/lib/watchdog")
    if os.access(shared if shared.exists() else shared.parent, os.W_OK):
        return shared
    try:
        return Path.home() / ".local" / "state" / "watchdog"
    except RuntimeError:
        return shared


def _fits_a_socket(folder: Path) -> Path:
    folder = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 - resolve() would follow links
    if len(os.fsencode(folder)) > _LONGEST_FOLDER:
        raise ValueError(f"is longer than {_LONGEST_FOLDER} bytes, too long for the socket in it")
    return folder


def _listens(text: str) -> str:
    if text:
        parse_address(text)
    return text


def _can_be_pinged(url: SecretStr) -> SecretStr:
    text = url.get_secret_value().strip()
    if not text:
        return SecretStr("")
    try:
        parts = urllib.parse.urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or any(character.isspace() for character in text):
        # The value is not shown: it holds a token.
        raise ValueError("is no URL that begins with https:// or http:// (value hidden)")
    return SecretStr(text)


def _takes_posts(url: SecretStr) -> SecretStr:
    text = url.get_secret_value().strip()
    objection = check_url(text) if text else ""
    if objection:
        raise ValueError(f"{objection} (value hidden)")
    return SecretStr(text)


def _is_token(token: SecretStr) -> SecretStr:
    text = token.get_secret_value().strip()
    if text and not _TOKEN.fullmatch(text):
        raise ValueError(f"does not look like a token, 123456:AA... ({len(text)} characters, value hidden)")
    return SecretStr(text)


def _is_chat(value: object) -> object:
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    if not re.fullmatch(r"-?[1-9]\d*", text, re.ASCII):
        raise ValueError("is no numeric id of a chat, such as -1001234567890 (a @name does not do)")
    return int(text)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """The environment, read and checked; made by `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        # A stack's .env has many keys that are none of our business; our own are checked by load_settings.
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    config: Annotated[Path, AfterValidator(Path.expanduser)] = Field(default_factory=default_config)
    state_dir: Annotated[Path, AfterValidator(_fits_a_socket)] = Field(default_factory=default_state_dir)
    compose: Path | None = None
    # Of one-shots and bypasses, where watchdog is no container: it is made of its own image there.
    image: str = ""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = "INFO"
    # "": what watchdog.yml says.
    listen: Annotated[str, AfterValidator(_listens)] = ""
    language: Annotated[Literal["en", "fr"], BeforeValidator(_lower)] = "en"
    heartbeat_url: Annotated[SecretStr, AfterValidator(_can_be_pinged)] = Field(
        default=SecretStr(""), validation_alias=AliasChoices(*HEARTBEAT_NAMES)
    )
    telegram_bot_token: Annotated[SecretStr, AfterValidator(_is_token)] = Field(
        default=SecretStr(""), validation_alias=AliasChoices(*TOKEN_NAMES)
    )
    telegram_chat_id: Annotated[int | None, BeforeValidator(_is_chat)] = Field(
        default=None, validation_alias=AliasChoices(*CHAT_NAMES)
    )
    webhook_url: Annotated[SecretStr, AfterValidator(_takes_posts)] = SecretStr("")

    def channels(self) -> dict[str, dict[str, object]]:
        """What the environment says for notifiers, by their kind; their other parameters stand in watchdog.yml."""
        found: dict[str, dict[str, object]] = {"telegram": {}, "webhook": {}}
        if self.telegram_bot_token.get_secret_value():
            found["telegram"]["token"] = self.telegram_bot_token
        if self.telegram_chat_id is not None:
            found["telegram"]["chat"] = self.telegram_chat_id
        if self.webhook_url.get_secret_value():
            found["webhook"]["url"] = self.webhook_url
        return found

    def known_secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown, longest first; see the function of that name."""
        urls = (self.heartbeat_url.get_secret_value(), self.webhook_url.get_secret_value())
        found = {*known_secrets(), *(secret for url in urls if url for secret in secrets_of(url))}
        if self.telegram_bot_token.get_secret_value():
            found.update(_spellings(self.telegram_bot_token.get_secret_value()))
        return tuple(sorted(found, key=lambda secret: (-len(secret), secret)))


def load_settings(dotenv: Path = DOTENV, folder: Path = SECRETS) -> Settings:
    """The settings from the environment, `.env` and secret files, in this order of weight.

    Raises:
        ConfigError: for every WATCHDOG_* name that is unknown and every value that cannot be used, at once.
    """
    report = Report()
    lines = _read_dotenv(dotenv, report)
    places = {name: Place(str(dotenv), line) for name, line in lines.items()}
    places |= {name: Place("environment") for name in os.environ}
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for name, place in places.items():
        # Names are read whatever their case is.
        if name.upper().startswith(VARIABLE):
            continue  # the token of a job that checks in: which there are, watchdog.yml says
        if name.upper().startswith(PREFIX) and name.upper() not in (*known, *_OTHERS_NAMES):
            report.add(place, "unknown variable", key=show_text(name), fix=suggest(name.upper(), known))
    if len(report):
        raise report.error()
    sources: dict[str, Any] = {
        "_env_file": dotenv if lines else None,
        "_secrets_dir": folder if folder.is_dir() else None,
    }
    try:
        return Settings(**sources)
    except ValidationError as error:
        for complaint in error.errors(include_url=False, include_input=False):
            _translate(complaint, places, folder, report)
    raise report.error()


def known_secrets(
    environment: Mapping[str, str] | None = None, dotenv: Path = DOTENV, folder: Path = SECRETS
) -> tuple[str, ...]:
    """The values of all variables that are named like secrets, for `core.redaction.redact`; longest first.

    `NAME_FILE` is followed to the file; every file in /run/secrets is one. What cannot be read is left out.
    """
    environ = os.environ if environment is None else environment
    found: set[str] = set()
    for source in (_dotenv_values(dotenv), environ):
        for name, value in source.items():
            if name.upper().endswith("_FILE") and names_secret(name[: -len("_FILE")]):
                found.update(_read_secret(Path(value)))
            elif names_secret(name) or name.upper().startswith(VARIABLE):
                found.update(_spellings(value))
            if name.upper() in _URL_NAMES:
                found.update(_secrets_of_url(value))
            found.update(_PASSWORD_IN_URL.findall(value))
    for file in _files(folder):
        found.update(_read_secret(file))
    secrets = {secret for secret in found if secret.lower() not in _NO_SECRET}
    return tuple(sorted(secrets, key=lambda secret: (-len(secret), secret)))


def find_secret(name: str, dotenv: Path = DOTENV, folder: Path = SECRETS) -> str:
    """The value of a secret that watchdog.yml names: from the environment, `.env` or a secret file; else ""."""
    for values in (os.environ, _dotenv_values(dotenv)):
        if values.get(name):
            return values[name].strip()
    for file in _files(folder):
        if file.name.lower() == name.lower():
            return _read_text(file).strip()
    return ""


def _translate(
    complaint: Mapping[str, Any], places: Mapping[str, Place], folder: Path, report: Report
) -> None:
    field = str(complaint["loc"][0]).upper().removeprefix(PREFIX)
    names = next((names for names in _PLAIN_NAMES if field in names), (PREFIX + field,))
    found = ((each.upper(), where) for each, where in places.items() if each.upper() in names)
    name, place = next(found, (names[-1], Place(str(folder))))
    what = (
        str(complaint["msg"]).removeprefix("Value error, ").removeprefix("Input ").replace("should", "must")
    )
    report.add(place, what, key=name, fix="correct it, or unset it for the default")


def _read_dotenv(dotenv: Path, report: Report) -> dict[str, int]:
    """The names in a .env file with their lines; none without one."""
    if not dotenv.is_file():
        return {}
    try:
        with dotenv.open(encoding="utf-8") as opened:
            return {each.key: each.original.line for each in parse_stream(opened) if each.key}
    except UnicodeDecodeError:
        report.add(Place(str(dotenv)), "is not UTF-8 text", fix="save it as UTF-8")
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        report.add(Place(str(dotenv)), what, fix="let the user that watchdog runs as read it")
    return {}


def _dotenv_values(dotenv: Path) -> dict[str, str]:
    if not dotenv.is_file():
        return {}
    try:
        return {name: value for name, value in dotenv_values(dotenv).items() if value is not None}
    except (OSError, UnicodeDecodeError):
        return {}


def _files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(folder.iterdir())
    except OSError:
        return


def _read_secret(file: Path) -> Iterable[str]:
    return _spellings(_read_text(file))


def _read_text(file: Path) -> str:
    """What stands in a secret file, "" if it cannot be read."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return ""
        with file.open("rb") as opened:
            return opened.read(_LARGEST_SECRET).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def _secrets_of_url(url: str) -> tuple[str, ...]:
    try:
        return secrets_of(url)
    except ValueError:  # no URL at all, which somebody else objects to
        return (url,)


def _spellings(value: str) -> set[str]:
    """The value, and each line of one that has several: logs are read line by line.

    Also the secret part of a header's value (`Bearer xyz`) and of a bot's token (`123456:xyz`).
    """
    lines = {line.strip() for line in value.splitlines() if not line.startswith("-----")}
    parts = {found[1] for line in lines if (found := _SECRET_PART.fullmatch(line))}
    return {value.strip(), *lines, *parts}
