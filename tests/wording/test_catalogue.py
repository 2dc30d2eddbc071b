import ast
import re
from collections.abc import Iterator
from pathlib import Path

import watchdog
from watchdog.core.incident import Act, Ending, Phase
from watchdog.core.notification import Telling
from watchdog.core.run import Result
from watchdog.wording import ENGLISH

SOURCE = Path(watchdog.__file__).parent
# Why nothing is done for now; told by its own sentence, and no reason to hand over.
COMMANDS = {
    "approve",
    "decline",
    "proposals",
    "reload",
    "status",
    "probe",
    "incidents",
    "plan",
    "heal",
    "hold",
    "release",
    "retry",
    "config",
    "maintenance",
    "silence",
    "run",
}


def calls(*names: str) -> Iterator[ast.Call]:
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield node


def texts(arguments: list[ast.expr]) -> list[str]:
    inside = (node for argument in arguments for node in ast.walk(argument))
    return [n.value for n in inside if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def test_every_kind_of_finding_in_the_source_has_words() -> None:
    """Whatever watchdog can find is told in words."""
    kinds = {text for call in calls("Finding") for text in texts(call.args[:1])}
    kinds |= {text for call in calls("observe") for text in texts(call.args[1:2])}
    assert len(kinds) > 20
    assert kinds - ENGLISH.findings.keys() == set()


def test_every_reason_for_handing_over_has_words() -> None:
    """Whyever watchdog hands a target to a human, the human is told why."""
    reasons = {text for call in calls("Refuse") for text in texts(call.args[:1])}
    reasons |= {text for call in calls("escalate", "_escalate") for text in texts(call.args)}
    assert {
        "attempts-spent",
        "ladder-exhausted",
        "not-allowed-to-act",
        "interrupted",
        "held-by-a-person",
    } <= reasons
    assert reasons - ENGLISH.reasons.keys() == set()


def test_every_closed_list_of_core_has_words() -> None:
    """No telling, act, phase, ending or result is without words."""
    assert {each.value for each in Telling} == ENGLISH.tellings.keys()
    assert {each.value for each in Act} == ENGLISH.acts.keys()
    assert {each.value for each in Phase} == ENGLISH.phases.keys()
    assert {each.value for each in Ending} == ENGLISH.endings.keys()
    assert {each.value for each in Result} == ENGLISH.results.keys()


def test_every_action_has_words() -> None:
    """A step is told by what it does, not by its name in the code."""
    actions = {file.stem for file in (SOURCE / "actions").glob("[a-z]*.py")}
    assert actions - ENGLISH.actions.keys() == set()


def test_every_message_names_a_way_to_act_or_says_that_none_is_needed() -> None:
    """No message leaves its reader without a command."""
    for telling, told in ENGLISH.tellings.items():
        assert any("watchdog " in line for line in told.lines), telling


def test_every_command_in_a_message_exists() -> None:
    """A command that a message names can be typed as it stands."""
    lines = [line for told in ENGLISH.tellings.values() for line in told.lines]
    lines += [command for standing in ENGLISH.standings.values() for command in standing.commands]
    named = {word for line in lines for word in re.findall(r"watchdog ([a-z]+) (?:\{|[A-Z])", line)}
    assert named
    assert named <= COMMANDS
