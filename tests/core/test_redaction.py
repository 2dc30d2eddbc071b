"""No secret in any text."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.core.redaction import HIDDEN, SHORTEST, cut, cut_beginning, hide, names_secret, redact

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
SECRETS = st.text(min_size=SHORTEST, max_size=40).filter(
    lambda s: len(s.strip()) >= SHORTEST and s.strip() not in HIDDEN and not set(s) & set(HIDDEN)
)


@given(secret=SECRETS, before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_known_secret_never_survives(secret: str, before: str, after: str) -> None:
    """Plain, in a URL or in JSON, wherever it stands."""
    for form in (secret.strip(), quote(secret.strip(), safe=""), json.dumps(secret.strip())[1:-1]):
        hidden = redact(f"{before} {form} {after}", [secret])
        assert form not in hidden
        assert HIDDEN in hidden


@given(secrets=st.lists(SECRETS, min_size=1, max_size=4))
def test_no_secret_survives_beside_another(secrets: list[str]) -> None:
    """Also if one is a part of another."""
    hidden = redact(" ".join(secrets), secrets)
    assert not [secret for secret in secrets if secret.strip() in hidden]


def test_a_secret_of_many_lines_is_hidden_line_by_line() -> None:
    """A key is logged a line at a time; a secret read from a file ends with a newline."""
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\n-----END KEY-----\n"
    assert redact("tls: MIIEvQIBADANBg", [key]) == f"tls: {HIDDEN}"
    assert redact("used hunter22 now", ["hunter22\n"]) == f"used {HIDDEN} now"


def test_a_short_value_is_left() -> None:
    """A password of two letters would hide half of every sentence."""
    assert redact("to be or not to be", ["to"]) == "to be or not to be"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"POST https://api.telegram.org/bot{TOKEN}/sendMessage",
            f"POST https://api.telegram.org/bot{HIDDEN}/sendMessage",
        ),
        (f"token {TOKEN} refused", f"token {HIDDEN} refused"),
        ("postgres://app:hunter2@db:5432/shop", f"postgres://{HIDDEN}@db:5432/shop"),
        ("redis://:hunter2@cache:6379/0", f"redis://{HIDDEN}@cache:6379/0"),
        ("postgres://app:hu@nter2@db/shop", f"postgres://{HIDDEN}@db/shop"),
        ("Authorization: Bearer eyJhbGciOiJI.eyJzdWIi.c2ln", f"Authorization: Bearer {HIDDEN}"),
        ("authorization: Basic YWRtaW46YWRtaW4=", f"authorization: Basic {HIDDEN}"),
        ("Authorization: Token s3cr3ts3cr3ts3cr3t==", f"Authorization: Token {HIDDEN}"),
        ("sent bearer abcdef0123456789", f"sent bearer {HIDDEN}"),
        ("password=hunter2", f"password={HIDDEN}"),
        ("PGPASSWORD=hunter2 psql", f"PGPASSWORD={HIDDEN} psql"),
        ("passwd: hunter2", f"passwd: {HIDDEN}"),
        ("DB_PASS=hunter2", f"DB_PASS={HIDDEN}"),
        ("passphrase = correcthorse", f"passphrase = {HIDDEN}"),
        ('{"password": "my secret words"}', f'{{"password": "{HIDDEN}"}}'),
        ("{'api_key': 'ab cd'}", f"{{'api_key': '{HIDDEN}'}}"),
        ("INFLUX_TOKEN=abcdef==", f"INFLUX_TOKEN={HIDDEN}"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI", f"AWS_SECRET_ACCESS_KEY={HIDDEN}"),
        ("secret_key: 'django-insecure'", f"secret_key: '{HIDDEN}'"),
        ("https://x/?access_key=abc123&page=2", f"https://x/?access_key={HIDDEN}&page=2"),
        ("user=app password=hunter2 host=db", f"user=app password={HIDDEN} host=db"),
        ('password="unclosed', f'password="{HIDDEN}'),
    ],
)
def test_what_has_the_shape_of_a_secret_is_hidden(text: str, expected: str) -> None:
    """Also what nobody told us of."""
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "FATAL: password authentication failed for user app",
        "invalid token",
        "the bearer certificate authority is unknown",
        "a token authentication-service that is down",
        "compass: north by northwest",
        "bypass: enabled",
        "2026/11/23 12:00:00 [error] 7#7: *1 connect() failed (111: Connection refused)",
        "http://localhost:8086/health",
        "http://user@host/path and mail to a@b.c:25",
        "ratio 123456:7890 at 12:34:56",
        "Tokenizer loaded: 5 MB",
        "sha256:4a1c4b21597c1b4415bdbecb28a3296c6b5e23ca4f9feeb599860a1dac6a0108",
        "",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    """A log that is all [hidden] helps nobody."""
    assert redact(text) == text


@given(st.text(max_size=60))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    """What was hidden stays as it is."""
    assert redact(redact(text, ["hunter22"]), ["hunter22"]) == redact(text, ["hunter22"])


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("POSTGRES_PASSWORD", True),
        ("PGPASSWORD", True),
        ("telegram_token", True),
        ("API_KEY", True),
        ("SECRET_KEY_BASE", True),
        ("client-secret", True),
        ("DB_PASS", True),
        ("TOKENIZERS_PARALLELISM", False),
        ("COMPASS", False),
        ("PWD", False),
        ("OLDPWD", False),
        ("KEYBOARD", False),
        ("HOME", False),
    ],
)
def test_names_that_stand_for_secrets(name: str, secret: bool) -> None:
    """Whole words of a name tell."""
    assert names_secret(name) is secret


@pytest.mark.parametrize(
    "text",
    [
        "exec: mysqldump --password {} shop",
        "run --api-key {}",
        "cloning with ghp_{}0123456789ab",
        "glpat-{}",
        "xoxb-{}",
        "charging by sk_live_{}",
        "session eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx{}.c2lnbmF0dXJlMTIz",
        "posting to https://hooks.slack.com/services/T0000/B0000/{}",
        "posting to https://discord.com/api/webhooks/1234/{}",
        "pinging https://hc-ping.com/{}/start",
    ],
)
def test_what_is_known_to_be_a_secret_by_its_look_is_hidden(text: str) -> None:
    """Flags of programs, tokens that say what they are, URLs that are passwords themselves."""
    secret = "A1b2C3d4E5f6G7h8I9j0"
    shown = redact(text.format(secret))
    assert secret[:6] not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        "mysqldump --password --host db",
        "the token is refused",
        "watchdog retry risk_free-sk_live",
        "see https://discord.com/channels/1",
    ],
)
def test_what_only_looks_a_little_like_one_stays(text: str) -> None:
    """Hiding ordinary words would make a log useless."""
    assert redact(text) == text


def test_a_cut_leaves_no_half_of_a_secret() -> None:
    """What is cut before secrets are looked for ends, or begins, with whole words."""
    text = "-".join(["hunter2hunter2"] * 50)
    for longest in range(100, 130):
        assert "hunter" not in redact(cut(text, longest), ["hunter2hunter2"])
        assert "hunter2" not in redact(cut_beginning(text, longest), ["hunter2hunter2"])
    assert cut("short", 5) == cut_beginning("short", 5) == "short"


def test_only_known_values_are_hidden_from_our_own_sentences() -> None:
    """`token: is a secret` is a sentence; only what is known goes."""
    assert (
        hide("telegram.token: is a secret, got hunter22", ["hunter22"])
        == f"telegram.token: is a secret, got {HIDDEN}"
    )
