"""The running daemon's parts, as far as starting and stopping needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from watchdog.app.front import WebFront
from watchdog.app.jobs import Jobs
from watchdog.core.happening import Publish
from watchdog.desk import Desk
from watchdog.desk.proposals import Proposals
from watchdog.engine.black_box import BlackBox
from watchdog.engine.census import Census
from watchdog.engine.clockwork import Clockwork
from watchdog.engine.dispatcher import Dispatcher
from watchdog.engine.heartbeat import Heartbeat
from watchdog.engine.listener import Listener
from watchdog.engine.liveness import Watch
from watchdog.engine.outsiders import Outsiders
from watchdog.engine.reloader import Reloader
from watchdog.engine.responder import Responder
from watchdog.engine.safekeeping import Safekeeping
from watchdog.engine.scheduler import Scheduler
from watchdog.engine.sights import Sights
from watchdog.engine.stack import Stack
from watchdog.engine.supervisor import Supervisor
from watchdog.engine.weather import Weather
from watchdog.engine.windows import Windows
from watchdog.gateways.journal import Journal
from watchdog.plugins import Clock
from watchdog.surfaces.control import Control
from watchdog.surfaces.web import Web

JOURNAL = "journal.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The running daemon's parts, as far as starting and stopping needs them."""

    journal: Journal
    census: Census
    responder: Responder
    listener: Listener
    dispatcher: Dispatcher
    scheduler: Scheduler
    supervisor: Supervisor
    desk: Desk
    proposals: Proposals
    sights: Sights
    control: Control
    web: Web
    reloader: Reloader
    stack: Stack
    windows: Windows
    safekeeping: Safekeeping
    clockwork: Clockwork
    weather: Weather
    outsiders: Outsiders
    publish: Publish
    clock: Clock
    heartbeat: Heartbeat
    black_box: BlackBox
    jobs: Jobs
    front: WebFront
    watch: Watch
    # Looks at once at what is no container: no list of the engine will announce it.
    look_around: Callable[[], None]
    # What does not work as it should, in sentences without any text from outside.
    degraded: Callable[[], tuple[str, ...]]
