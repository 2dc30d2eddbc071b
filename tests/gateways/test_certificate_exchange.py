"""When certbot's newest is the better one, and who has to be there for an exchange."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.engine.parts import Stand
from tests.front.tools import FakeBypasses, FakeShots
from watchdog.core.certificate import Certificate
from watchdog.core.errors import Refused
from watchdog.gateways.certificate_exchange import Where, begin_exchange, better
from watchdog.gateways.certificate_pair import PairPlaces, Pairs
from watchdog.gateways.front import Front
from watchdog.gateways.trust import Trust

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
HOST = "dash.example.com"
OLD = Certificate(
    fingerprint="old", key_print="", names=(HOST,), issuer="", begins=NOW - 60 * DAY, ends=NOW + 30 * DAY
)
NEW = replace(OLD, fingerprint="new", begins=NOW - DAY, ends=NOW + 20 * DAY)


@pytest.mark.parametrize(
    ("newest", "placed", "served", "is_better"),
    [
        (NEW, OLD, OLD, True),  # newer, although it ends sooner: lifetimes shrink
        (NEW, NEW, NEW, False),
        (NEW, NEW, OLD, False),  # in place already: it only has to be served
        (OLD, NEW, NEW, False),
        (None, OLD, OLD, False),
        (NEW, None, None, True),
        (OLD, replace(NEW, ends=NOW - DAY), None, True),  # what is in place has expired
        (OLD, replace(NEW, names=("other",)), None, True),
        (replace(NEW, ends=NOW - DAY), OLD, OLD, False),
        (replace(NEW, names=("other",)), OLD, OLD, False),
    ],
)
def test_the_better_one_is_good_and_newer(
    newest: Certificate | None, placed: Certificate | None, served: Certificate | None, is_better: bool
) -> None:
    """Nothing that is worse than what people get is ever put in its place."""
    assert (better(Pairs(newest, placed), served, HOST, NOW) is not None) is is_better


@pytest.mark.parametrize("nginx", ["gone", "exited"])
async def test_without_a_running_server_there_is_no_exchange(nginx: str) -> None:
    """Nobody would read the new pair, and nobody could tell whether it is good."""
    stand = Stand()
    if nginx == "exited":
        stand.engine.add("nginx", state="exited")
    await stand.arrive()
    where = Where(
        domain=HOST,
        nginx="nginx",
        port=443,
        trust=Trust(),
        places=PairPlaces(lineage=HOST, letsencrypt="/l", folder="/f"),
    )
    with pytest.raises(Refused, match="nginx, which serves it"):
        await begin_exchange(
            where,
            engine=stand.engine,
            watched=stand.census,
            front=Front(shots=FakeShots(), bypasses=FakeBypasses(stand.clock)),
            redact=str,
            say=lambda _: None,
        )
