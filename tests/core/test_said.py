from __future__ import annotations

from watchdog.core.said import BURST, EVERY, KEPT_LINES, Said


class Listener:
    def __init__(self) -> None:
        self.now = 0.0
        self.heard: list[str] = []
        self.said = Said(lambda line: line.replace("secret", "[hidden]"), self.heard.append, lambda: self.now)


def test_the_last_lines_are_kept_without_secrets() -> None:
    """Why a build failed stands at the end of what it said."""
    listener = Listener()
    for number in range(KEPT_LINES + 5):
        listener.said(f"line {number} secret\n")
    listener.said("   ")
    assert listener.said.lines[0] == "line 5 [hidden]"
    assert len(listener.said.lines) == KEPT_LINES


def test_a_flood_is_not_passed_on() -> None:
    """Who follows hears a burst, then a line now and then."""
    listener = Listener()
    for number in range(BURST * 3):
        listener.said(f"{number} secret")
    assert len(listener.heard) == BURST
    assert listener.heard[0] == "0 [hidden]"
    listener.now += EVERY
    listener.said("later")
    listener.said("at once")
    assert listener.heard[-1] == "later"
