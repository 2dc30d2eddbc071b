"""What an earlier daemon left: whose doing it was."""

from __future__ import annotations

from itertools import zip_longest

from watchdog import registry
from watchdog.actions.restart_container import RestartContainer
from watchdog.app.parts import App
from watchdog.core.event import Announcement
from watchdog.core.moment import Moment
from watchdog.core.run import Outcome, Result
from watchdog.core.story import StepRecord

# Steps that were cut short are attributed to us from a little before they were written down.
CLOCK_SLACK_NS = 1_000_000_000


async def own_up(app: App) -> None:
    """What our steps did in incidents that are still open was our doing, whichever daemon began them.

    Also of steps that were settled long ago: after a second crash nothing else tells our stop from a person's.
    """
    incidents = [case.incident.id for case in await app.journal.load_cases() if case.incident is not None]
    for incident in incidents:
        acts = [step for step in (await app.journal.story(incident)).steps if _changes(step)]
        for step, following in zip_longest(acts, acts[1:]):
            announce = (
                Announcement.of_stop
                if step.action == RestartContainer.name
                else Announcement.of_replacement  # every other way to change a container makes a new one
            )
            cut_short = step.outcome is None or step.outcome.result is Result.INTERRUPTED
            ended = (following.begun if following else None) if cut_short else step.ended
            app.census.own_up(
                announce(step.container_id or ""),
                step.target,
                _engine_time(step.begun) - CLOCK_SLACK_NS,
                _engine_time(ended) + CLOCK_SLACK_NS if ended else None,
            )
    outcome = Outcome(result=Result.INTERRUPTED, reason="the daemon ended in its middle; settled by looking")
    for step in await app.journal.open_steps():
        await app.journal.settle_step(step.id, outcome, app.clock.now())


def _changes(step: StepRecord) -> bool:
    """Whether a step may have touched its target; one that no registry knows any more may have."""
    kind = registry.ACTIONS.get(step.action)
    return kind is None or kind.changes


def _engine_time(moment: Moment) -> int:
    return int(moment.wall.timestamp() * 1e9)
