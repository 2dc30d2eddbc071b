"""What Nginx says of its configuration."""

from __future__ import annotations

import pytest

from watchdog.core.nginx_words import complaint_of, passes_by_itself

REASON = 'host not found in upstream "grafana:3000" in /etc/nginx/nginx.conf:33'
GONE = f"nginx: [emerg] {REASON}\nnginx: configuration file /etc/nginx/nginx.conf test failed"


@pytest.mark.parametrize(
    ("said", "told", "passes"),
    [
        (
            GONE,
            f"it does not find grafana, which has to run first ({REASON})",
            True,
        ),
        (
            'nginx: [emerg] unknown directive "sever" in /etc/nginx/nginx.conf:4',
            'unknown directive "sever" in /etc/nginx/nginx.conf:4',
            False,
        ),
        (
            "2026/11/23 10:00:00 [warn] 7#7: x\nnginx: [emerg] cannot load certificate: key values mismatch",
            "cannot load certificate: key values mismatch",
            False,
        ),
        ('nginx: [emerg] open() "/run/nginx.pid" failed (13: Permission denied)', None, True),
        ("Killed", "Killed", False),
        ("", "it does not say why", False),
    ],
)
def test_its_complaint_is_told_in_one_sentence(said: str, told: str | None, passes: bool) -> None:
    """The line that matters; a neighbour that is down is named as what has to run first."""
    if told is not None:
        assert complaint_of(said) == told
    assert passes_by_itself(said) is passes


def test_an_endless_complaint_is_cut() -> None:
    """Nobody reads a page of it."""
    assert len(complaint_of("nginx: [emerg] " + "x" * 10_000)) <= 300
