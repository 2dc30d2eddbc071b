"""What jobs, diagnoses and disks need of the configuration in force: tokens by name, rules by name, the disks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from watchdog.checks.check_in import CheckIn
from watchdog.checks.disk import Disk
from watchdog.config import Config, CurrentConfig
from watchdog.core.check_in import object_to_token, variable_of
from watchdog.core.diagnosis import Rules
from watchdog.core.errors import JournalError
from watchdog.core.happening import Happening, Publish
from watchdog.core.observation import Fact
from watchdog.core.redaction import redact
from watchdog.desk.check_ins import CheckIns
from watchdog.engine.disk_history import DiskHistory
from watchdog.engine.disks import Disks, Storage
from watchdog.engine.scheduler import Scheduler
from watchdog.gateways.disk import DiskGateway
from watchdog.gateways.journal import Journal
from watchdog.plugins import Clock
from watchdog.settings import find_secret

# Seconds: how often a ballast, and what has to be written of the disks' history, is looked for.
BALLAST_EVERY, HISTORY_EVERY = 30.0, 5.0


class RulesInForce(Mapping[str, Rules]):
    """The rules of the configuration in force, also after a reload."""

    def __init__(self, current: CurrentConfig) -> None:
        self._current = current

    def __getitem__(self, name: str) -> Rules:
        return self._current.config.diagnoses[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current.config.diagnoses)

    def __len__(self) -> int:
        return len(self._current.config.diagnoses)


def jobs_of(config: Config) -> tuple[str, ...]:
    """The jobs that the checks of this configuration expect."""
    checks = (each.check for each in config.checks if isinstance(each.check, CheckIn))
    return tuple(dict.fromkeys(name for check in checks for name in check.targets() or ()))


class Jobs:
    """The door for jobs, the rules for diagnoses, and the disks, as long as the daemon runs.

    Attributes:
        check_ins: the door; nobody is expected before `expect`.
        rules: those in force.
        disks: those that are watched; `history`: how much room there was on them.
    """

    def __init__(
        self,
        current: CurrentConfig,
        journal: Journal,
        clock: Clock,
        *,
        secrets: tuple[str, ...],
        ask: Callable[[str], None],
        publish: Publish,
        find: Callable[[str], str] = find_secret,
        stores: Storage | None = None,
    ) -> None:
        """`ask` hears the name of each job that said something; `find` knows a secret by its name."""
        self._current = current
        self._clock = clock
        self._publish = publish
        self._find = find
        self.rules = RulesInForce(current)
        self.history = DiskHistory(
            journal.disk_history,
            clock,
            durability=lambda: journal.durability,
            targets=lambda: [name for check in self._disk_checks() for name in check.places],
        )
        self.disks = Disks(
            checks=self._disk_checks,
            gateway=DiskGateway(),
            stores=stores,
            history=self.history,
            clock=clock,
            publish=publish,
        )
        self.check_ins = CheckIns(journal, clock, lambda text: redact(text, secrets), ask)

    def keep_disks(self, scheduler: Scheduler) -> None:
        """Look after the disks' ballast and history, again and again."""
        scheduler.every(BALLAST_EVERY, "ballast", self.disks.keep_ballasts)
        scheduler.every(HISTORY_EVERY, "disk history", self.history.keep)

    async def expect(self) -> None:
        """Take the signals of the jobs of the configuration in force, and of no others.

        One without a good token is expected all the same, and cannot check in: that is said, the token never.
        """
        tokens: dict[str, str] = {}
        for name in jobs_of(self._current.config):
            token = self._find(variable_of(name))
            objection = object_to_token(token)
            tokens[name] = "" if objection else token
            if objection:
                self._say("check_in.closed", name, f"{variable_of(name)} {objection}")
        try:
            await self.check_ins.expect(tokens)
        except JournalError as error:
            self._say("journal.failed", None, str(error))

    def _disk_checks(self) -> tuple[Disk, ...]:
        return tuple(each.check for each in self._current.config.checks if isinstance(each.check, Disk))

    def _say(self, what: str, target: str | None, reason: str) -> None:
        facts: dict[str, Fact] = {"reason": reason}
        self._publish(Happening(name=what, at=self._clock.now(), target=target, facts=facts))
