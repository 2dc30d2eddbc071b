"""When certbot's newest is the better one, and who has to be there for an exchange."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.engine.parts import Stand
from tests.front.tools import FakeBypasses, FakeShots
from watchdog.core.certificate import Certificate, CertificateTrouble, Served
from watchdog.core.errors import Refused
from watchdog.core.observation import Hand
from watchdog.core.run import Result
from watchdog.gateways.certificate_exchange import Exchange, Where, begin_exchange, better
from watchdog.gateways.certificate_pair import PairPlaces, Pairs
from watchdog.gateways.front import Front
from watchdog.gateways.program import Ended
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


@pytest.mark.parametrize(("newest", "is_better"), [(NEW, True), (replace(NEW, ends=NOW - DAY), False)])
def test_a_torn_pair_is_put_in_place_anew(newest: Certificate, is_better: bool) -> None:
    """Certbot's newest beside the key of another: served or not, the next start would fail."""
    for served in (newest, OLD, None):
        assert (better(Pairs(newest, newest, torn=True), served, HOST, NOW) is not None) is is_better


@pytest.mark.parametrize("nginx", ["gone", "paused"])
async def test_without_a_running_server_there_is_no_exchange(nginx: str) -> None:
    """Nobody would read the new pair, and nobody could tell whether it is good."""
    stand = Stand()
    if nginx == "paused":
        stand.engine.add("nginx", state="paused")
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
            now=stand.clock.now(),
            redact=str,
            say=lambda _: None,
        )


async def begun(stand: Stand) -> Exchange:
    await stand.arrive()
    return await begin_exchange(
        Where(
            domain=HOST,
            nginx="nginx",
            port=443,
            trust=Trust(),
            places=PairPlaces(lineage=HOST, letsencrypt="/l", folder="/f"),
        ),
        engine=stand.engine,
        watched=stand.census,
        front=Front(shots=FakeShots(), bypasses=FakeBypasses(stand.clock)),
        now=stand.clock.now(),
        redact=str,
        say=lambda _: None,
    )


async def test_a_server_that_a_person_stopped_is_not_started_for_a_certificate() -> None:
    """It stays down, whatever lies in its folder."""
    stand = Stand()
    stand.engine.add("nginx")
    await stand.arrive()
    stand.engine.person_stops("nginx")
    with pytest.raises(Refused, match="not by itself"):
        await begun(stand)


@pytest.mark.parametrize(
    ("said", "unready", "hopeless"),
    [
        (b"", False, False),
        (
            b'nginx: [emerg] cannot load certificate "/etc/nginx/ssl/fullchain.pem": PEM_read_bio_X509',
            False,
            False,
        ),
        (
            b"nginx: [emerg] SSL_CTX_use_PrivateKey() failed (SSL: error:05800074:key values mismatch)",
            False,
            False,
        ),
        (b'nginx: [emerg] unknown directive "proxi_pass" in /etc/nginx/nginx.conf:7', True, True),
        (b'nginx: [emerg] host not found in upstream "grafana" in /etc/nginx/nginx.conf:7', True, False),
    ],
)
async def test_an_nginx_that_would_refuse_any_pair_is_left_as_it_is(
    said: bytes, unready: bool, hopeless: bool
) -> None:
    """What it refuses has nothing to do with certificates: none is exchanged, and no authority asked, for nothing."""
    stand = Stand()
    stand.engine.add("nginx")
    exchange = await begun(stand)
    if said:
        stand.engine.executions.append(Ended(1, b"", said))
    outcome = await exchange.unready(Served(certificate=OLD))
    assert (outcome is not None) is unready
    if outcome is not None:
        assert (outcome.result, outcome.hopeless) == (Result.FAILED, hopeless)
        assert "whatever pair is in place" in outcome.reason
        assert outcome.reason.endswith("nothing was changed")


async def test_where_no_handshake_is_seen_nothing_is_exchanged() -> None:
    """It could not be proved, and Nginx would be restarted twice for nothing."""
    stand = Stand()
    stand.engine.add("nginx")
    exchange = await begun(stand)
    blind = Served(trouble=CertificateTrouble.NO_CONNECTION, detail="Connection refused")
    outcome = await exchange.unready(blind)
    assert outcome is not None
    assert "Connection refused" in outcome.reason
    assert stand.engine.executed == []


async def test_a_restart_for_a_pair_is_taken_for_nobodys_but_ours() -> None:
    """Its stop is announced; one that is down already is only started."""
    stand = Stand()
    stand.engine.create("nginx")
    stand.engine.person_starts("nginx")
    exchange = await begun(stand)
    await exchange.site.restart()
    assert stand.engine.acts == [("stop", "nginx"), ("start", "nginx")]
    events, _ = await stand.engine.recent_events()
    stop = next(event for event in events if event.action == "stop")
    for event in events[: events.index(stop) + 1]:
        stand.census.hear(event)
    assert stand.census.roster.lives[stop.container_id].first_kill is Hand.WATCHDOG

    stand.engine.crash("nginx", 1)
    stand.engine.acts.clear()
    await exchange.site.restart()
    assert stand.engine.acts == [("start", "nginx")]


@pytest.mark.parametrize(
    ("state", "up_for", "restarts", "down"),
    [
        ("running", 3600.0, 0, False),
        ("running", 3600.0, 7, False),
        ("running", 2.0, 0, False),
        ("running", 2.0, 7, True),
        ("restarting", 0.0, 7, True),
    ],
)
async def test_one_that_comes_up_again_and_again_counts_as_down(
    state: str, up_for: float, restarts: int, down: bool
) -> None:
    """A command inside of it may find it gone a moment later: it is only started, with the new pair."""
    stand = Stand()
    stand.engine.add("nginx", state=state)
    await stand.arrive()
    there = stand.engine.container("nginx")
    there.started, there.restart_count = int((stand.clock.now().wall.timestamp() - up_for) * 1e9), restarts
    assert (await begun(stand)).site.down is down
