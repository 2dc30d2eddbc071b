"""Notifications as JSON to a URL: one's own receiver, ntfy, Slack or Discord."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from watchdog.core.errors import DeliveryError, Unreachable
from watchdog.core.notification import Telling
from watchdog.core.redaction import names_secret
from watchdog.core.webhook import Form, Push, check_url, form_of, make_post, secrets_in
from watchdog.core.webhook_answer import trouble_of
from watchdog.gateways.http import HttpCaller
from watchdog.plugins import Letter, Notifier, Parameters
from watchdog.settings import find_secret
from watchdog.wording import describe_notification
from watchdog.wording.languages import words_of

# Of the whole exchange, the look-up of the name included; the dispatcher would wait longer.
WITHIN = 15.0
# One push a step would be noise: the incident's beginning and its end are told.
UNASKED = frozenset({Telling.ACTING})

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECRET = frozenset({"authorization", "cookie"})
_OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})


def _from_environment(value: object) -> object:
    """`{env: NAME}` stands for the value of that variable; everything else for itself."""
    if not isinstance(value, Mapping):
        return value
    name = value.get("env")
    if len(value) != 1 or not isinstance(name, str):
        raise ValueError("can only be text, or {env: NAME}; write one of them")
    if not names_secret(name):
        # Only such variables are kept out of every log.
        what = f"names {name[:80]}, which is not named like a secret"
        raise ValueError(f"{what}; call it so that it ends in _TOKEN or _SECRET")
    found = find_secret(name)
    if not found:
        what = f"names {name[:80]}, which is not set"
        raise ValueError(f"{what}; set it in the environment, .env or a secret file")
    return found


def _can_be_sent(headers: object) -> object:
    """Before the variables are looked up: what is secret is not written in the file."""
    for name, value in headers.items() if isinstance(headers, Mapping) else ():
        if not isinstance(name, str) or not _HEADER.fullmatch(name):
            raise ValueError("has a name that no header can have; write letters, digits and -")
        if name.lower() in _OURS:
            raise ValueError(f"cannot set {name}, which follows from what is sent; remove it")
        secret = name.lower() in _SECRET or names_secret(name)
        if secret and not isinstance(value, Mapping):
            raise ValueError(f"has {name}, which is a secret, and this file is none; write {{env: NAME}}")
    return headers


def _fits_a_header(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().isprintable():
        raise ValueError("has characters that no header can hold; write it on one line")
    return value


def _are_any(tellings: tuple[Telling, ...] | None) -> tuple[Telling, ...] | None:
    if tellings == ():
        raise ValueError("is empty: nothing would be sent; remove the key to be sent all but acting")
    return tellings


HeaderValue = Annotated[SecretStr, BeforeValidator(_from_environment), AfterValidator(_fits_a_header)]


class WebhookParameters(Parameters):
    """Where notifications go, and in whose shape.

    `url` comes from the environment. `form` None: by the URL's host. `tellings` None: all but `UNASKED`.
    """

    url: SecretStr
    form: Literal["json", "ntfy", "slack", "discord"] | None = None
    headers: Annotated[
        Mapping[str, HeaderValue],
        Field(description="a mapping of names to text or `{env: NAME}`"),
        BeforeValidator(_can_be_sent),
    ] = Field(default={})
    tellings: Annotated[
        tuple[Telling, ...] | None, Field(description="a list of tellings"), AfterValidator(_are_any)
    ] = None

    @property
    def spelled(self) -> Form:
        """The form that is written, or else follows from the host."""
        return Form(self.form) if self.form is not None else form_of(self.url.get_secret_value())

    @model_validator(mode="after")
    def _url_fits(self) -> Self:
        objection = check_url(self.url.get_secret_value(), self.spelled)
        if objection:
            raise ValueError(f"has a URL (WATCHDOG_WEBHOOK_URL) that {objection}")
        return self


class Webhook(Notifier[WebhookParameters]):
    """Sends each notification as one POST of JSON. What it sends cannot be edited."""

    kind: ClassVar[str] = "webhook"
    parameters_type: ClassVar[type[Parameters]] = WebhookParameters

    def __init__(self, name: str, parameters: WebhookParameters) -> None:
        super().__init__(name, parameters)
        self._caller = HttpCaller()

    async def deliver(self, letter: Letter) -> str:
        """Post it; what is not asked for counts as delivered."""
        told = letter.news
        if not self._wants(told.telling):
            return ""
        url = self.parameters.url.get_secret_value()
        message = describe_notification(told, words_of(letter.language))
        push = Push(
            notification=told,
            title=message.title,
            lines=message.lines,
            loud=letter.loud,
            language=letter.language,
            left_out=letter.left_out,
        )
        post = make_post(url, self.parameters.spelled, push)
        values = {name: value.get_secret_value() for name, value in self.parameters.headers.items()}
        host = urlsplit(url).hostname or ""
        try:
            answer = await self._caller.post(
                post.url, post.body, WITHIN, {**values, "Content-Type": "application/json"}
            )
        except Unreachable as error:
            raise DeliveryError(f"{host}: {error}") from None
        secrets = (*secrets_in(url), *(word for value in values.values() for word in (value, *value.split())))
        trouble = trouble_of(host, answer.status, answer.headers, answer.text, secrets)
        if trouble is not None:
            raise trouble
        return ""

    def _wants(self, telling: Telling) -> bool:
        asked = self.parameters.tellings
        return telling not in UNASKED if asked is None else telling in asked
