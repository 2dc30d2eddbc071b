"""How people reach the daemon, joined: proposals, the desk, the control socket and the web."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from watchdog.app.foreign import Foreign
from watchdog.config import CurrentConfig
from watchdog.core.address import Address
from watchdog.core.happening import Publish
from watchdog.core.playbook import Playbook
from watchdog.desk import Desk
from watchdog.desk.check_ins import CheckIns
from watchdog.desk.proposals import Proposals
from watchdog.engine.aftermath import Switch
from watchdog.engine.listener import Listener
from watchdog.engine.monitor import Monitor
from watchdog.engine.reloader import Reloader
from watchdog.engine.responder import Responder
from watchdog.engine.windows import Windows
from watchdog.gateways.journal import Journal
from watchdog.plugins import Tools
from watchdog.surfaces.check_ins import CheckInRoute
from watchdog.surfaces.control import Control
from watchdog.surfaces.web import Web
from watchdog.telemetry.health import Health
from watchdog.wording import Catalogue


def open_to_people(
    *,
    state_dir: Path,
    listen: Address | None,
    journal: Journal,
    current: CurrentConfig,
    responder: Responder,
    monitor: Monitor,
    listener: Listener,
    reloader: Reloader,
    windows: Windows,
    switch: Switch,
    foreign: Foreign,
    health: Health,
    scrape: Callable[[], Awaitable[bytes]],
    degraded: Callable[[], tuple[str, ...]],
    check_ins: CheckIns,
    tools: Tools,
    publish: Publish,
    words: Catalogue,
) -> tuple[Proposals, Desk, Control, Web]:
    """The one door, and the ways to it. Nothing listens yet."""

    def playbook_of(name: str) -> Playbook | None:
        return current.config.playbooks.get(name)

    proposals = Proposals(
        responder=responder,
        journal=journal,
        playbook=playbook_of,
        lasts=lambda: current.config.proposals.expire,
        build_action=foreign.action,
        tools=tools,
        publish=publish,
    )
    desk = Desk(
        responder=responder,
        monitor=monitor,
        journal=journal,
        current=current,
        reloader=reloader,
        health=health.report,
        degraded=degraded,
        tools=tools,
        proposals=proposals,
        windows=windows,
        engine=listener,
        build_action=foreign.action,
        switch=switch,
        words=words,
    )
    control = Control(desk, state_dir / "control.sock")
    web = Web(listen, health.report, scrape, CheckInRoute(check_ins))
    return proposals, desk, control, web
