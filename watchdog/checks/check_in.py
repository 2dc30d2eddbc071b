"""Has a job checked in? A dead man's switch for what runs elsewhere: cron jobs, backups, feeders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from watchdog.core.check_in import NAME, CheckInRules, judge_check_in
from watchdog.core.errors import Unreachable
from watchdog.core.observation import Observation
from watchdog.plugins import Check, Duration, Parameters, Tools


class JobParameters(Parameters):
    """One job: how often it is expected, how late it may be, how long one run of it may take."""

    period: Duration = Field(ge=10)
    grace: Duration = Field(default=300.0, ge=1)
    longest: Duration | None = Field(default=None, ge=1)


class CheckInParameters(Parameters):
    """The jobs by name; each is a target of its own. Its token is in WATCHDOG_CHECK_IN_<NAME>."""

    jobs: Annotated[
        Mapping[str, JobParameters], Field(description="a mapping of names to jobs", min_length=1)
    ]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name in self.jobs:
            if not NAME.fullmatch(name):
                raise ValueError(f'"{name[:80]}" is no name of a job; use small letters, digits and "-"')
        return self


class CheckIn(Check[CheckInParameters]):
    """Judges what a job has said of itself, and since when it has said nothing."""

    kind: ClassVar[str] = "check_in"
    every: ClassVar[float] = 30.0
    parameters_type: ClassVar[type[Parameters]] = CheckInParameters

    def targets(self) -> tuple[str, ...] | None:
        """The names of the jobs."""
        return tuple(self.parameters.jobs)

    async def probe(self, target: str, tools: Tools) -> Observation:
        """Nobody is asked: what came in is remembered."""
        known = tools.check_ins.last(target) if tools.check_ins is not None else None
        if known is None:
            raise Unreachable("nothing is known of this job yet: check-ins are not taken")
        job = self.parameters.jobs[target]
        rules = CheckInRules(period=job.period, grace=job.grace, longest=job.longest)
        seen = judge_check_in(self.name, known, rules, tools.clock.now())
        return replace(seen, evidence=tuple(tools.redact(line) for line in seen.evidence))
