import pytest

from watchdog.core.observation import Fact
from watchdog.wording import ENGLISH, describe_happening, words_of


@pytest.mark.parametrize(
    ("name", "facts", "words"),
    [
        ("step.begun", {"action": "restart_container", "attempt": 2}, "attempt 2: restart it"),
        ("step.ended", {"action": "restart_container", "result": "done"}, "restart it: done"),
        (
            "step.ended",
            {"action": "fly", "result": "failed", "reason": "no\nwings"},
            "fly: failed: no wings",
        ),
        ("incident.opened", {}, "incident 7 opened"),
        ("incident.resolved", {"ending": "healed"}, "healed"),
        (
            "observation.changed",
            {"finding": "crash_loop", "status": "critical"},
            "seen: crash loop (critical)",
        ),
        ("hold.begun", {"act": "stopped"}, "hands off from now on: a person stopped it"),
        ("engine.lost", {}, "the Docker engine cannot be asked: no reason was given"),
    ],
)
def test_a_happening_is_told_in_a_line(name: str, facts: dict[str, Fact], words: str) -> None:
    """Who follows a heal reads one line for each step."""
    assert describe_happening(name, facts, "7") == words


def test_what_is_not_worth_a_line_gets_none() -> None:
    """Inner doings are not told to who follows."""
    assert describe_happening("task.failed", {}) is None


@pytest.mark.parametrize("name", sorted(ENGLISH.happenings))
def test_no_happening_fails_for_lack_of_facts(name: str) -> None:
    """A happening with fewer facts than expected is told all the same."""
    assert "{" not in str(describe_happening(name, {}))


def test_a_happening_is_told_in_the_language() -> None:
    """Who follows a heal in French reads no word from the code."""
    words = words_of("fr")
    seen = describe_happening(
        "observation.changed", {"finding": "crash_loop", "status": "critical"}, words=words
    )
    assert seen == "vu\u00a0: crashs en boucle (critique)"
    facts: dict[str, Fact] = {
        "action": "restart_container",
        "result": "skipped",
        "reason": "it is running by now",
    }
    told = describe_happening("step.ended", facts, words=words)
    assert told == "le redémarrer\u00a0: rien à faire\u00a0: il tourne déjà"
