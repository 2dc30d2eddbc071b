"""What jobs and diagnoses need of the configuration in force."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.engine.world import configure
from tests.fakes import FakeClock
from watchdog.app.jobs import Jobs, RulesInForce, jobs_of
from watchdog.checks.check_in import CheckIn, CheckInParameters
from watchdog.config import CheckConfig, Config, CurrentConfig
from watchdog.core.check_in import Signal
from watchdog.core.diagnosis import Rules
from watchdog.core.happening import Happening
from watchdog.desk.check_ins import Taken
from watchdog.gateways.journal import Journal

TOKEN = "a-token-of-some-length"


def expecting(*jobs: str) -> Config:
    """A configuration that expects these jobs."""
    parameters = CheckInParameters.model_validate({"jobs": {name: {"period": "1h"} for name in jobs}})
    check = CheckConfig(name="jobs", check=CheckIn("jobs", parameters), playbook="none")
    config = configure()
    return replace(config, checks=(*config.checks, check))


async def test_only_the_jobs_of_the_configuration_in_force_check_in(tmp_path: Path) -> None:
    """A job with its token is heard and looked at; one without is told, and one that was taken out is unknown."""
    said: list[Happening] = []
    asked: list[str] = []
    journal = await Journal.open(tmp_path / "journal.db")
    current = CurrentConfig(expecting("backup", "mail"))
    secrets = {"WATCHDOG_CHECK_IN_BACKUP": TOKEN, "WATCHDOG_CHECK_IN_MAIL": "short"}
    jobs = Jobs(
        current,
        journal,
        FakeClock(),
        secrets=(TOKEN,),
        ask=asked.append,
        publish=said.append,
        find=lambda name: secrets.get(name, ""),
    )
    assert await jobs.check_ins.take("backup", TOKEN, Signal.SUCCESS) is Taken.UNKNOWN

    await jobs.expect()
    assert await jobs.check_ins.take("backup", TOKEN, Signal.SUCCESS, note=f"sent {TOKEN}") is Taken.TAKEN
    assert await jobs.check_ins.take("mail", "short", Signal.SUCCESS) is Taken.UNKNOWN
    assert asked == ["backup"]
    told = [(each.name, each.target, each.facts["reason"]) for each in said]
    assert told == [("check_in.closed", "mail", "WATCHDOG_CHECK_IN_MAIL is shorter than 16 characters")]
    known = jobs.check_ins.last("backup")
    assert known is not None
    assert TOKEN not in known.note
    assert jobs.check_ins.last("mail") is not None

    current.replace(configure(), ())
    await jobs.expect()
    assert await jobs.check_ins.take("backup", TOKEN, Signal.SUCCESS) is Taken.UNKNOWN
    assert jobs.check_ins.last("backup") is None
    await journal.close()


async def test_a_journal_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The daemon goes on; what a job says is taken after the next reload."""
    said: list[str] = []
    journal = await Journal.open(tmp_path / "journal.db")
    await journal.close()
    jobs = Jobs(
        CurrentConfig(expecting("backup")),
        journal,
        FakeClock(),
        secrets=(),
        ask=lambda _: None,
        publish=lambda happening: said.append(happening.name),
        find=lambda _: TOKEN,
    )

    await jobs.expect()

    assert said == ["journal.failed"]


def test_rules_are_those_of_the_configuration_in_force() -> None:
    """A diagnosis goes by what was read last."""
    current = CurrentConfig(replace(configure(), diagnoses={"feeder": Rules(name="feeder", rules=())}))
    rules = RulesInForce(current)
    assert (list(rules), len(rules), rules["feeder"].name) == (["feeder"], 1, "feeder")

    current.replace(configure(), ())

    assert rules.get("feeder") is None


def test_a_job_of_two_checks_is_one() -> None:
    """Its name is what tells jobs apart."""
    config = expecting("backup")
    assert jobs_of(replace(config, checks=(*config.checks, *config.checks))) == ("backup",)
