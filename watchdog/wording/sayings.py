"""What core and the engine room say in a sentence, and the sentence in another language.

They decide and fail in English, and it is written down so: the journal and the log are one for all. For people
the sentence is recognised by its template, and told in theirs. What is not recognised stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from watchdog.wording.catalogue import Catalogue
from watchdog.wording.plain import plain

SAYINGS = (
    # Why a target stands as it does (core).
    "not looked at yet",
    "the machine has just booted: not judged yet",
    "held: the configuration says so",
    "held: watched, not touched",
    "held: told once",
    "under maintenance: watched, not touched",
    "its cause is gone: it gets a while",
    "held by {by}",
    "not held",
    "many are sick at once: a human was asked",
    "waits for {cause}",
    "escalated: it is not repeated in quiet hours",
    "escalated: a human was reminded",
    "approved by {by}",
    "declined by {by}",
    "the stack",
    "a person took it down: held",
    "a person is taking it down: held",
    "paused by a person: an unpause gives it back",
    "released by {by}",
    "retry by {by}: attempts forgotten",
    "it is asked again",
    "heal by {by}: attempts forgotten",
    "nobody asks for it any more",
    "could not look: nothing follows from that",
    "could not look: waiting until the target can be seen",
    "still moving",
    "not well yet: verification goes on",
    "well",
    "a warning: told once it has lasted",
    "a warning: people were told of it",
    "better: it has to stay so",
    "better, and close to a warning still",
    "the warning is over",
    "nothing is expected now: it is judged when its hours begin",
    "well: it has to stay so",
    "escalated: a human has been told",
    "escalated: {reason}",
    "healed: health was seen for long enough",
    "recovered: health was seen for long enough",
    "nothing was open",
    "interrupted in the middle of a step: settled by looking",
    "sick: what it depends on comes first",
    "found out: {cause}",
    "{action}: before anything is done",
    "an incident was open: looking again",
    "seen before the latest step had ended: proves nothing",
    "seen before it was held: proves nothing",
    "a step is running: what is seen meanwhile is its own doing",
    "another one's step is running on it: what is seen meanwhile is its doing",
    "a step is running already",
    "that step belongs to no running incident",
    "the step is {result}: looking again",
    "no such proposal waits",
    "{action}: attempt {attempt}",
    "{action}: attempt {attempt} (passed over, for other findings: {names})",
    "{action}: taken back",
    "{action}: once more, it was interrupted",
    "{action}: waiting for a human yes",
    "{action}: people are asked",
    "people were asked already",
    "{action}: before anything is done",
    "found out: {reason}",
    "{reason}: {seconds} s to go",
    # Who gave a target back.
    "a start",
    "someone else",
    "the configuration",
    # Of maintenance and silences: of what, and until when.
    "the whole stack",
    "somebody ends it",
    # How a step ended (actions, runner).
    "there is no container to start",
    "there is no container whose log could be kept",
    "it is paused: that was a person's doing",
    "it is running by now",
    "it was taken down meanwhile, and not by itself",
    "the container is gone",
    "Compose did not make this container",
    "nothing had been built yet",
    "the daemon ended in its middle; settled by looking",
    "another step is running on this target",
    "a person took the target down",
    "not done within {seconds} s",
    "the intent could not be saved: {error}",
    "the yes could not be used up: {error}",
    # Of a disk that fills.
    "it is no watched disk",
    "there is no ballast to give back",
    "a ballast of {size}: that freed {freed}, {left} are free now",
    "a ballast of {size}: that freed nothing",
    "there is no image without a name",
    "{count} images without a name: that freed {freed}, {left} are free now",
    "{count} images without a name: that freed nothing",
    "no log without rotation is that large",
    "the logs of {names}: that freed {freed}, {left} are free now",
    "the logs of {names}: that freed nothing",
    "there is no bucket that may keep less than it does",
    "no bucket keeps points that old, of which they may be deleted, and newer ones besides",
    "there is no room yet: started anew it would not write either",
    "not restarted, as it could not be copied out: {why}",
    "{count} points were copied out before, and given back",
    "remove the ballast in {folder} ({size})",
    "nothing: there is no ballast",
    # Why nothing could be seen or reached.
    "the Docker engine did not answer within {seconds} s",
    "no Docker engine: there is no socket {socket}. Start the engine; in a container, mount the socket ({mount})",
    "the Docker engine at {socket} accepts but does not answer",
    "the connection to the Docker engine at {socket} broke: {detail}",
    "the event stream of the Docker engine ended",
    "the engine has not been listed yet",
    "no answer within {seconds} s",
    "it answered {answer}",
    # What the desk answers.
    "there is no target {name}",
    "there is no playbook {name}",
    "there is no incident {name}",
    "there is no proposal {name}",
    "known: {names}",
    "did you mean {name}? known: {names}",
    "see watchdog status for how things stand",
    "try again when it answers",
    "see the daemon's log",
    "nobody answered in time",
    "{target} does not need it any more",
    "{names} changed since it was shown",
    "its step is another one now",
    "proposal {proposal} is not wanted any more",
    "proposal {proposal} was approved already, by {by}",
    "proposal {proposal} was approved by {by} and is used up",
    "proposal {proposal} was declined by {by}",
    "proposal {proposal} is over",
    "proposal {proposal} is over: {why}",
    (
        "proposal {proposal} is not what it was: {why}. Nothing was done; what it would be now is proposed anew: "
        "see watchdog proposals"
    ),
    # What an action would do.
    "keep the last {tail} log lines of {target}",
    "stop {name} (up to {seconds} s), then start it",
    "start {name}",
    "remove the engine's build cache, of all projects (what nothing uses now; images stay)",
    (
        "give back all but the last {size} of these logs: {names} (for good; until such a container is replaced, "
        "docker logs needs --tail)"
    ),
    "{name} keeps {left} instead of {before}: what is older falls off (by whole shards, for good)",
    "delete for good all points before {day} UTC of: {names}",
    "publish {target} (port {port}) on {where} for {left}, by a container of its own",
    (
        "publish {target} (port {port}) on {where} for {left}, by a container of its own, for {names} only; Docker "
        "publishes ports past ufw: only the list of sources stands before it"
    ),
    "nothing: {target} has no container",
    "nothing: Compose did not make {target}",
    "nothing: {service} has no `build:` in its files",
)

# What holds no space, so that a sentence that only begins alike is not taken for another one.
_ONE_WORD = frozenset({"action", "attempt", "name", "proposal", "seconds", "service", "tail", "target"})
_PLACEHOLDER = re.compile(r"\\\{([a-z]+)\\\}")


def describe_saying(text: str, words: Catalogue) -> str:
    """The sentence in this language, as it is when it is not known there; made harmless. Never raises."""
    text = plain(text)
    known = _translated(words)
    if not known:
        return text
    for pattern, template in known:
        found = pattern.fullmatch(text)
        if found is not None:
            return template.format(
                **{name: _word(name, fact, words) for name, fact in found.groupdict().items()}
            )
    return text


def _word(name: str, fact: str, words: Catalogue) -> str:
    match name:
        case "action":
            return words.actions.get(fact, fact)
        case "reason":
            return words.reasons.get(fact, fact)
        case "result":
            return words.results.get(fact, fact)
        case "by" | "cause" | "why":
            return words.sayings.get(fact, fact)
        case _:
            return fact


@lru_cache(maxsize=4)
def _read(sayings: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    pairs = ((said, told) for said, told in sayings if said != told)
    return tuple((_pattern(said), told) for said, told in pairs)


def _translated(words: Catalogue) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Sayings whose words are others here; those with the fewest placeholders come first."""
    ordered = sorted(words.sayings.items(), key=lambda pair: pair[0].count("{"))
    return _read(tuple(ordered))


def _pattern(saying: str) -> re.Pattern[str]:
    return re.compile(_PLACEHOLDER.sub(_gap, re.escape(saying)))


def _gap(found: re.Match[str]) -> str:
    filled = r"\S+" if found[1] in _ONE_WORD else ".+"
    return f"(?P<{found[1]}>{filled})"
