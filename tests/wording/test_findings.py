import pytest

from watchdog.core.observation import Fact, Finding
from watchdog.wording import ENGLISH, describe_finding


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        ("healthy", {}, "runs and is healthy"),
        ("exited", {"exit_code": 137, "signal": "KILL"}, "has ended (exit code 137, killed by signal KILL)"),
        ("exited", {"exit_code": 139}, "has ended (exit code 139, segmentation fault, signal SEGV)"),
        ("exited", {"exit_code": 143}, "has ended (exit code 143, ended by signal TERM)"),
        ("exited", {"exit_code": 1}, "has ended (exit code 1, an error of its own)"),
        ("exited", {"exit_code": 42}, "has ended (exit code 42)"),
        ("exited", {}, "has ended (exit code not known)"),
        (
            "start_failed",
            {"exit_code": 127, "error": ""},
            "could not be started: exit code 127, its command was not found",
        ),
        (
            "start_failed",
            {"exit_code": 126},
            "could not be started: exit code 126, its command cannot be executed",
        ),
        ("start_failed", {"exit_code": 127, "error": "no such file"}, "could not be started: no such file"),
        (
            "out_of_memory",
            {"exit_code": 137, "memory_limit": 67108864},
            "was killed because it ran out of memory (its limit is 64 MiB)",
        ),
        (
            "out_of_memory",
            {"exit_code": 137, "memory_limit": 0},
            "was killed because it ran out of memory (it has no limit of its own: the machine ran out)",
        ),
        (
            "crash_loop",
            {"restarts": 4},
            "crashes again and again: the engine restarted it 4 times within minutes",
        ),
        ("could_not_look", {"reason": "no answer"}, "could not be looked at: no answer"),
        ("could_not_look", {}, "could not be looked at: no reason was given"),
        ("brand_new", {}, "was found in a state that has no words yet: brand_new"),
    ],
)
def test_a_finding_is_told_in_words(kind: str, facts: dict[str, Fact], words: str) -> None:
    """A person reads what is wrong, not a number."""
    assert describe_finding(Finding(kind, facts)) == words


@pytest.mark.parametrize("kind", sorted(ENGLISH.findings))
def test_no_finding_fails_for_lack_of_facts(kind: str) -> None:
    """A finding with fewer facts than expected is told all the same."""
    words = describe_finding(Finding(kind))
    assert words
    assert "{" not in words


def test_text_from_outside_cannot_steer_the_terminal() -> None:
    """An error text with escape sequences and newlines is told as plain text."""
    finding = Finding("start_failed", {"error": "a\x1b[2Jb\nc\u202ed {end}"})
    assert describe_finding(finding) == "could not be started: ab cd {end}"
