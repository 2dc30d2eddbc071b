from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import ClassVar

from pydantic import SecretStr

from tests.engine.world import LADDER, configure
from watchdog.checks.container import Container, ContainerParameters
from watchdog.config import Change, Config, TargetConfig, Watch, Web, compare, load_config, take_over
from watchdog.config.difference import SWAPPED
from watchdog.core.diagnosis import Rule, Rules, Sign
from watchdog.core.guardrail import Limits
from watchdog.core.playbook import Autonomy, Step
from watchdog.core.run import Then, Way
from watchdog.core.target import Wishes
from watchdog.plugins import Letter, Notifier, Parameters

OLD = configure()


class Hook(Parameters):
    url: str = "https://example.org/hook"
    token: SecretStr = SecretStr("hunter2")


class FakeNotifier(Notifier[Hook]):
    kind: ClassVar[str] = "hook"
    parameters_type: ClassVar[type[Parameters]] = Hook

    async def deliver(self, letter: Letter) -> str:
        raise AssertionError("nothing is delivered here")


def with_rest(rest: str) -> Config:
    parameters = ContainerParameters.model_validate({"rest": rest})
    return replace(OLD, checks=(replace(OLD.checks[0], check=Container("containers", parameters)),))


def test_what_is_the_same_is_no_change(tmp_path: Path) -> None:
    """A file that was only touched, commented or written otherwise changes nothing."""
    file = tmp_path / "watchdog.yml"
    file.write_text("version: 1\nwatch: {project: shop}\n")
    before = load_config(file)
    file.write_text("version: 1\n# the default\nsweep: 0m15s\nwatch:\n  project: shop\ntargets: {app: {}}\n")

    assert compare(before, load_config(file)) == ()


def test_changes_are_told_by_the_keys_of_the_file() -> None:
    """Spans with their unit, guardrails by their own name, what is new and what is gone."""
    new = replace(
        OLD,
        autonomy=Autonomy.OBSERVE,
        sweep=30.0,
        limits=Limits(first=90.0, factor=3.0, attempts=9, longest=0.1, forget_after=60.0),
        targets={"app": TargetConfig(wishes=Wishes(hold=True))},
    )

    assert compare(OLD, new) == (
        Change(key="autonomy", before="act", after="observe"),
        Change(key="guardrails.attempts", before="5", after="9"),
        Change(key="guardrails.factor", before="2", after="3"),
        Change(key="guardrails.first", before="20ms", after="1m30s"),
        Change(key="sweep", before="15s", after="30s"),
        Change(key="targets.app.hold", before=None, after="true"),
    )
    assert compare(new, OLD)[-1] == Change(key="targets.app.hold", before="true", after=None)


def test_parameters_of_a_check_are_told() -> None:
    """Each by its name below its check."""
    assert compare(OLD, with_rest("7s")) == (Change(key="checks.containers.rest", before="50ms", after="7s"),)


def test_a_playbook_is_told_by_its_steps() -> None:
    """In one line, with what differs from the default."""
    steps = (*LADDER.steps[:1], Step(action="restart_container", autonomy=Autonomy.PROPOSE))
    (change,) = compare(OLD, replace(OLD, playbooks={"container-crash": replace(LADDER, steps=steps)}))

    assert change.key == "playbooks.container-crash.steps"
    assert change.after == "collect_logs (tail: 100), restart_container (autonomy: propose)"


def test_what_the_daemon_was_built_with_needs_a_restart() -> None:
    """The engine's socket, what is watched and where the web listens are named so."""
    new = replace(
        OLD,
        watch=Watch(project="other"),
        web=Web(listen=None),
        engine=replace(OLD.engine, socket="/run/other.sock"),
    )

    changes = compare(OLD, new)

    assert {change.key for change in changes} == {"engine.socket", "watch.project", "web.listen"}
    assert all(change.needs_restart for change in changes)
    assert take_over(OLD, new) == OLD


def test_a_section_that_nobody_thought_of_needs_a_restart() -> None:
    """A key of the configuration is only taken over if it is known that it can be."""
    assert {each.name for each in fields(Config)} > SWAPPED
    kept = {each.name for each in fields(Config)} - SWAPPED - {"sources"}
    assert kept >= {"watch", "engine", "web"}


def test_no_secret_is_shown_and_its_change_is_told() -> None:
    """That a token is another one is worth knowing; what it is is not."""
    before = replace(OLD, notifiers=(FakeNotifier("hook", Hook()),))
    after = replace(OLD, notifiers=(FakeNotifier("hook", Hook(token=SecretStr("hunter3"))),))

    assert compare(before, after) == (
        Change(key="notifiers.hook.token", before="[hidden]", after="[hidden]"),
    )


def test_what_is_configured_as_before_stays_the_same_object() -> None:
    """A check or notifier that a reload does not concern keeps what it remembers."""
    again = configure()
    assert again.checks[0].check is not OLD.checks[0].check

    taken = take_over(OLD, replace(again, sweep=99.0))

    assert taken.checks[0].check is OLD.checks[0].check
    assert taken.notifiers[0] is OLD.notifiers[0]
    assert taken.sweep == 99.0
    changed = with_rest("9s")
    assert take_over(OLD, changed).checks[0].check is changed.checks[0].check


def test_rules_that_tell_causes_apart_are_told_by_their_causes() -> None:
    """Each with its signs and with what follows, as far as it is said."""
    sign = Sign(log=re.compile("429"), recent=60.0)
    wait = Then(way=Way.WAIT, cause="limited", seconds=90.0)
    rule = Rule(cause="limited", signs=(sign,), then=wait, told=True)
    old = replace(OLD, diagnoses={"feeder": Rules(name="feeder", rules=(rule,))})
    new = replace(
        OLD, diagnoses={"feeder": Rules(name="feeder", rules=(replace(rule, signs=(), told=False),))}
    )

    assert compare(old, new) == (
        Change(
            key="diagnoses.feeder.causes",
            before="limited (log: 429, recent: 60): wait as told seconds: 90",
            after="limited (always): wait seconds: 90",
        ),
    )
    assert take_over(old, new).diagnoses == new.diagnoses
