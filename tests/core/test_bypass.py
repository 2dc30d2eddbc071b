"""Whom an emergency bypass lets in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from watchdog.core.bypass import Bypass, OpenBypass, read_sources


def test_it_is_for_this_machine_unless_somebody_is_named() -> None:
    """Without a list of sources it is on the loopback interface; with one, on every IPv4 address."""
    alone = Bypass(target="grafana", container="c")
    named = Bypass(target="grafana", container="c", sources=read_sources(["203.0.113.7"]))
    assert (alone.public, alone.address, alone.lasts) == (False, "127.0.0.1", 1800.0)
    assert (named.public, named.address) == (True, "0.0.0.0")


def test_what_is_open_makes_way_for_what_a_human_allowed_and_for_nothing_else() -> None:
    """A yes opens what it was said to; a step that needs none shuts nobody out who was let in."""
    alone = Bypass(target="grafana", container="c")
    named = replace(alone, sources=read_sources(["203.0.113.7"]))
    others = replace(alone, sources=read_sources(["198.51.100.0/24"]))

    def opened(bypass: Bypass) -> OpenBypass:
        return OpenBypass(
            target="grafana",
            container="f",
            until=datetime(2026, 1, 1, tzinfo=UTC),
            where=bypass.where,
            sources=bypass.allowed,
        )

    assert opened(alone).stands_for(alone)
    assert not opened(alone).stands_for(named)
    assert opened(named).stands_for(named)
    assert opened(named).stands_for(alone)
    assert not opened(named).stands_for(others)
    assert not opened(named).stands_for(replace(named, published=3001))
    assert not opened(named).stands_for(replace(alone, target="api"))


def test_addresses_and_nets_may_come() -> None:
    """As people write them."""
    assert [str(net) for net in read_sources(["203.0.113.7", " 198.51.100.0/24 "])] == [
        "203.0.113.7/32",
        "198.51.100.0/24",
    ]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("0.0.0.0/0", "nearly everybody"),
        ("8.0.0.0/7", "nearly everybody"),
        ("::1", "IPv6"),
        ("2001:db8::/32", "IPv6"),
        ("office.example.com", "no address"),
        ("203.0.113.7/24", "no address"),
        ("", "no address"),
    ],
)
def test_who_cannot_be_told_apart_is_refused(written: str, why: str) -> None:
    """Everybody, IPv6 (Docker's proxy hides who it is), names, and nets that are none."""
    with pytest.raises(ValueError, match=why):
        read_sources([written])
