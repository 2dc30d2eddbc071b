"""How doomed causes read."""

from __future__ import annotations

import time

import pytest

from watchdog.core.container import ContainerFacts
from watchdog.core.doom import diagnose
from watchdog.core.doom_table import CONTAINER_SAYS, ENGINE_SAYS, LOG_SAYS, Doom
from watchdog.core.observation import Finding


def facts(error: str = "") -> ContainerFacts:
    """A container that has ended, and what the engine says of its start."""
    return ContainerFacts(id="c0ffee", name="web", image_id="a", state="exited", exit_code=1, error=error)


@pytest.mark.parametrize("doom", [*ENGINE_SAYS, *CONTAINER_SAYS], ids=lambda doom: doom.said_by[:60])
def test_each_example_of_the_engine_is_understood(doom: Doom) -> None:
    """As the kind that it stands for, and no earlier line of the table takes it."""
    found = diagnose(Finding("start_failed"), facts(doom.example))
    assert found is not None
    assert (found.kind, found.advice, found.replacing_helps) == (doom.kind, doom.advice, doom.replacing_helps)
    assert found.evidence == doom.example


@pytest.mark.parametrize("doom", LOG_SAYS, ids=lambda doom: doom.said_by[:60])
def test_each_example_of_a_log_is_understood(doom: Doom) -> None:
    """Among other lines; the evidence is what names the cause."""
    lines = ("starting", *doom.example.split("\n"), "goodbye")
    found = diagnose(Finding("exited"), facts(), log_tail=lines)
    assert found is not None
    assert (found.kind, found.advice) == (doom.kind, doom.advice)
    assert found.evidence == doom.example.split("\n")[-1].strip()


@pytest.mark.parametrize(
    "line",
    [
        "Error response from daemon: network shop_default not found",
        "Bind for 127.0.0.1:48123 failed: port is already allocated",
        'error mounting "/a" to rootfs at "/b": mount /a:/b (via /proc/self/fd/6), flags: 0x5000: not a directory',
        'exec: "/x": stat /x: no such file or directory: unknown',
        'exec: "nosuch": executable file not found in $PATH: unknown',
        "failed to bind host port for 0.0.0.0:80:172.18.0.2:80/tcp: address already in use",
    ],
)
def test_other_ways_to_say_it_are_understood(line: str) -> None:
    """As engines of several versions put it."""
    assert diagnose(Finding("start_failed"), facts(line)) is not None


@pytest.mark.parametrize(
    "lines",
    [
        (
            '  File "/usr/lib/python3.10/os.py", line 679, in __getitem__',
            "    raise KeyError(key) from None",
            "KeyError: 'TOKEN'",
        ),
        ('nginx: [emerg] cannot load certificate key "/etc/nginx/ssl/privkey.pem": PEM_read failed',),
        (
            'LOG:  unrecognized configuration parameter "shered_buffers" in file "/etc/postgresql.conf" line 3',
        ),
        ("[FATAL tini (7)] exec /app/run.sh failed: Permission denied",),
    ],
)
def test_other_ways_to_log_it_are_understood(lines: tuple[str, ...]) -> None:
    """As other versions of the same programs put it."""
    found = diagnose(Finding("exited"), facts(), log_tail=lines)
    assert found is not None
    assert found.evidence == lines[-1].strip()


@pytest.mark.parametrize("doom", LOG_SAYS, ids=lambda doom: doom.said_by[:60])
def test_no_log_makes_us_think_for_long(doom: Doom) -> None:
    """A hostile container may log anything: forty lines of 500 letters are read in a moment."""
    hostile = (
        "\n".join([doom.example[:-1] + "in /x:" * 80] * 40),
        "\n".join(["pydantic_core ValidationError: 1 validation error for Settings"] * 40 * 8),
        "\n".join(['  File "os.py", line 1, in __getitem__', *["    "] * 400]),
        "\n".join(["level=error caller=" * 26] * 40),
    )
    began = time.monotonic()
    for text in hostile:
        doom.pattern.search(text)
    assert time.monotonic() - began < 1
