"""The configuration in force: frozen, held here, and replaced whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from watchdog.config.records import Config
from watchdog.core.decision import Policy
from watchdog.core.incident import Incident, Phase
from watchdog.core.playbook import NO_PLAYBOOK, Autonomy, Playbook
from watchdog.core.target import Wishes

_FREEDOM = tuple(Autonomy)  # from the narrowest to the widest


class CurrentConfig:
    """What everybody asks who needs to know the configuration: `config` is another one after a reload.

    A run in flight finishes with the playbook that it began with; only what it may do by itself can become
    less meanwhile.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self._begun_with: dict[str, Playbook] = {}

    def replace(self, config: Config, incidents: Iterable[Incident]) -> None:
        """Put another configuration in force. `incidents`: those that are open."""
        for incident in incidents:
            if _in_flight(incident):
                playbook = self.policy(incident.check, incident.target, incident).playbook
                self._begun_with.setdefault(incident.id, playbook)
        self.config = config

    def forget(self, incident: str) -> None:
        """The run of this incident has ended: what comes next goes by the configuration in force."""
        self._begun_with.pop(incident, None)

    def wishes(self, target: str) -> Wishes:
        """What the file wishes for a target; its labels are not in it."""
        return self.config.target(target).wishes

    def policy(
        self, check: str, target: str, incident: Incident | None = None, label: str | None = None
    ) -> Policy:
        """What the lifecycle needs to know to decide about a check's target; `label` names a remedy, others are not in it.

        For a check that is configured no more: that nothing may be done.
        """
        mine = next((each for each in self.config.checks if each.name == check), None)
        if mine is None:
            policy = Policy(playbook=NO_PLAYBOOK, limits=self.config.limits, autonomy=Autonomy.OBSERVE)
        else:
            policy = self.config.policy(mine, target, label)
        begun_with = self._begun_with.get(incident.id) if incident is not None else None
        if begun_with is None:
            return policy
        now = self.config.playbooks.get(begun_with.name, begun_with)
        autonomy = min(begun_with.autonomy, now.autonomy, key=_FREEDOM.index)
        return replace(policy, playbook=replace(begun_with, autonomy=autonomy))


def _in_flight(incident: Incident) -> bool:
    return incident.phase in (Phase.ACTING, Phase.VERIFYING) or (
        incident.phase is Phase.OPEN and incident.attempts > 0
    )
