"""Starting, stopping, and what lies between."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from watchdog import __version__
from watchdog.app.build import build
from watchdog.app.outside import Outside
from watchdog.app.parts import JOURNAL, App
from watchdog.app.past import own_up
from watchdog.app.shown import JOURNAL_WITHIN
from watchdog.config import Config, Given, Loaded, identify, load_from_disk, load_kept
from watchdog.core.address import parse_address
from watchdog.core.errors import ConfigError, GatewayError
from watchdog.core.happening import Happening
from watchdog.engine.reloader import Broken
from watchdog.gateways.itself import own_container_id
from watchdog.gateways.journal import Journal
from watchdog.registry import is_foreign_code_loaded
from watchdog.settings import Settings

# So many of the latest steps may count against the budget of the stack; more are not allowed within its window.
BUDGET_READ = 1000
# SIGTERM ends the daemon within 5 s: Docker's own patience is 10.
STOPS_WITHIN, CLOSES_WITHIN = 3.0, 1.5


async def start(app: App) -> None:
    """Take up what an earlier daemon left, then listen, sweep, deliver and answer.

    Raises `ConfigError` when the web cannot listen where it shall, `Refused` when another daemon answers.
    """
    await app.jobs.expect()
    await app.jobs.history.load()
    await app.web.start()
    if app.web.address is not None and not app.web.address.loopback:
        facts = {"address": str(app.web.address)}
        app.publish(Happening(name="web.exposed", at=app.clock.now(), facts=facts))
    app.census.remember(await app.journal.load_targets())
    await own_up(app)
    await app.safekeeping.begin()
    app.stack.remember(await app.journal.latest_begun(BUDGET_READ))
    await app.windows.remember()
    await app.responder.remember()
    await app.sights.remember()
    await app.proposals.begin()
    app.front.begin()
    await app.control.start()
    await app.journal.note("daemon.started", f"watchdog {__version__} started", now=app.clock.now())
    app.publish(Happening(name="daemon.started", at=app.clock.now(), facts={"version": __version__}))
    app.supervisor.spawn("windows", app.windows.run())
    app.supervisor.spawn("listener", app.listener.run())
    app.supervisor.spawn("dispatcher", app.dispatcher.run())
    app.supervisor.spawn("heartbeat", app.heartbeat.run())
    app.supervisor.spawn("clocks", app.clockwork.run())
    app.supervisor.spawn("weather", app.weather.run())
    app.scheduler.start()
    app.look_around()


async def stop(app: App) -> None:
    """End everything within seconds; a step in its middle is settled at the next start, by looking."""
    app.publish(Happening(name="daemon.stopping", at=app.clock.now()))
    app.scheduler.stop()
    await app.responder.stop()
    await app.control.stop()
    await app.web.stop()
    with suppress(GatewayError, TimeoutError):
        async with asyncio.timeout(CLOSES_WITHIN):
            await app.front.end()
    left = await app.supervisor.stop(STOPS_WITHIN)
    # A disk that hangs, or is full, is no reason to stay, nor to end with another exit code.
    with suppress(GatewayError, TimeoutError):
        async with asyncio.timeout(JOURNAL_WITHIN):
            await app.windows.stop()
            await app.jobs.history.keep(at_once=True)
            await app.journal.note("daemon.stopped", "watchdog stopped", now=app.clock.now())
    with suppress(GatewayError, TimeoutError):
        async with asyncio.timeout(JOURNAL_WITHIN):
            await app.journal.close()
    app.outsiders.close()
    app.watch.disarm()
    app.black_box.close()
    app.publish(
        Happening(name="daemon.stopped", at=app.clock.now(), facts={"left_behind": ", ".join(left) or None})
    )


async def serve(settings: Settings, path: Path, loaded: Loaded | None, problems: tuple[str, ...]) -> int:
    """Run until SIGTERM or SIGINT, or until a restart is what is needed; the exit code."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, 0)
    journal = await Journal.open(settings.state_dir / JOURNAL)
    try:
        config, broken = await _choose(journal, path, loaded, problems, settings.channels())
    except BaseException:
        await journal.close()
        raise
    app = await build(
        config,
        settings.state_dir,
        settings.known_secrets(),
        Outside.real(config, settings.compose, "" if own_container_id() else settings.image),
        journal=journal,
        load=lambda: load_from_disk(path, settings.channels()),
        broken=broken,
        listen=parse_address(settings.listen) if settings.listen else config.web.listen,
        heartbeat_url=settings.heartbeat_url.get_secret_value(),
        language=settings.language,
        end=end,
    )

    async def reload() -> None:
        await app.reloader.reload("signal HUP")

    loop.add_signal_handler(signal.SIGHUP, lambda: app.supervisor.spawn("reload", reload()))
    try:
        app.supervisor.spawn("liveness", app.watch.run())
        await start(app)
        await app.reloader.begin(loaded)
        return await ended
    finally:
        await stop(app)


def main(settings: Settings, path: Path, loaded: Loaded | None, problems: tuple[str, ...] = ()) -> int:
    """The daemon, from a plain function: the command line calls this.

    `loaded` is None when the files at `path` are broken, by these `problems`: then it runs with those that
    were last good, and raises `ConfigError` if there are none.
    """
    code = asyncio.run(serve(settings, path, loaded, problems))
    if is_foreign_code_loaded():
        # Python would wait for a plug-in's threads, for ever perhaps: those of a pool too, daemons or not.
        # What matters is written.
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


async def _choose(
    journal: Journal, path: Path, loaded: Loaded | None, problems: tuple[str, ...], given: Given
) -> tuple[Config, Broken | None]:
    """The configuration to begin with; with the reason when that is not the one in the files."""
    if loaded is not None:
        return loaded.config, None
    kept = await journal.kept_config()
    if kept is None or kept.path != identify(path):
        raise ConfigError(problems)
    try:
        config = load_kept(kept, given)
    except ConfigError:
        raise ConfigError(problems) from None
    return config, Broken(problems=problems, kept_at=kept.at)
