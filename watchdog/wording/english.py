"""The English catalogue. A finding is a predicate: it is read after the name of its target."""

from __future__ import annotations

from watchdog.wording.catalogue import Catalogue, Standing, Told

ENGLISH = Catalogue(
    findings={
        "healthy": "runs and is healthy",
        "running": "runs (it has no healthcheck)",
        "starting": "runs, and its healthcheck has yet to succeed",
        "unhealthy": "runs, but its healthcheck fails",
        "exited": "has ended ({end})",
        "start_failed": "could not be started: {error}",
        "dead": "is dead: the engine could not remove it ({error})",
        "restarting": "ended ({end}) and is being restarted by the engine",
        "crash_loop": "crashes again and again: the engine restarted it {restarts} times within minutes",
        "paused": "is paused",
        "stopped": "was stopped by a person",
        "being_stopped": "is being stopped by a person",
        "removed": "is gone: a person removed its container",
        "missing": "has no container any more",
        "finished": "has finished its work",
        "waiting": "was created and waits to be started",
        "removing": "is being removed",
        "not_started": "was replaced by watchdog, but not started yet",
        "out_of_memory": "was killed because it ran out of memory ({limit})",
        "found_down": "was found down, and nobody knows who stopped it ({end})",
        "engine_turn": "ended ({end}); its restart policy has its turn first",
        "undefined": "is no longer asked for by its project",
        "released": "was given back",
        "config_broken": "cannot be used: {problem}",
        "config_mended": "is good again",
        "unknown": "could not be looked at: {reason}",
        "could_not_look": "could not be looked at: {reason}",
    },
    strange_finding="was found in a state that has no words yet: {kind}",
    signals={
        "HUP": "ended by signal HUP",
        "INT": "interrupted, signal INT",
        "QUIT": "ended by signal QUIT",
        "ABRT": "aborted itself, signal ABRT",
        "BUS": "bus error, signal BUS",
        "KILL": "killed by signal KILL",
        "SEGV": "segmentation fault, signal SEGV",
        "TERM": "ended by signal TERM",
    },
    exit_codes={
        0: "exit code 0, no error",
        1: "exit code 1, an error of its own",
        125: "exit code 125, the engine could not run it",
        126: "exit code 126, its command cannot be executed",
        127: "exit code 127, its command was not found",
        128: "exit code 128, the engine could not set it up",
        255: "exit code 255, an error of its own",
    },
    exit_code="exit code {code}",
    no_exit_code="exit code not known",
    memory_limit="its limit is {mib} MiB",
    no_memory_limit="it has no limit of its own: the machine ran out",
    no_reason="no reason was given",
    reasons={
        "attempts-spent": "all attempts that the rules allow are spent",
        "ladder-exhausted": "no step of the playbook is left to try",
        "not-allowed-to-act": "the configuration does not let watchdog act on it",
        "undo-failed": "what did not help could not be taken back",
        "interrupted": "watchdog itself was interrupted in the middle of a step that must not be repeated",
        "backing-off": "the wait between two attempts is not over",
    },
    acts={
        "stopped": "a person stopped it",
        "paused": "a person paused it",
        "removed": "a person removed its container",
        "unclear": "it was found down, and nobody knows who stopped it",
        "ordered": "an order to keep hands off",
    },
    tellings={
        "opened": Told(
            title="{target} {finding}",
            lines=(
                "What is done: watchdog acts now, by its playbook, and verifies each step.",
                "To keep its hands off: watchdog hold {target}",
                "The whole story: watchdog incidents {incident}",
            ),
        ),
        "retrying": Told(
            title="{target} is not well yet: attempt {attempt}, {action}",
            lines=(
                "What is wrong: {target} {finding}.",
                "To keep watchdog's hands off: watchdog hold {target}",
                "The whole story: watchdog incidents {incident}",
            ),
        ),
        "proposed": Told(
            title="{target} needs your yes: {action} (proposal {proposal})",
            lines=(
                "What is wrong: {target} {finding}.",
                "What it would do, exactly: watchdog approve {proposal} --dry-run",
                "To have it done, within {seconds}: watchdog approve {proposal}",
                "To decline: watchdog decline {proposal}",
            ),
        ),
        "healed": Told(
            title="{target} is well again, healed after {seconds}",
            lines=(
                "What was wrong: {target} {finding}.",
                "What was done: watchdog acted on it, attempts in this incident: {attempts}.",
                "What is proven: seen well for {stable} without a break.",
                "Nothing is asked of you. The whole story: watchdog incidents {incident}",
            ),
        ),
        "recovered": Told(
            title="{target} is well again after {seconds}, not by watchdog's doing",
            lines=(
                "What was wrong: {target} {finding}.",
                "What was done: it came back by itself or by a human's hand.",
                "What is proven: seen well for {stable} without a break.",
                "The whole story: watchdog incidents {incident}",
            ),
        ),
        "escalated": Told(
            title="{target} needs a human: it {finding}",
            lines=(
                "What was done: attempts counted against it: {attempts}.",
                "Why watchdog does no more: {reason}.",
                "What you can do: find the cause (watchdog incidents {incident}) and mend it.",
                "Then: watchdog retry {target}",
                "To leave it as it is: watchdog hold {target}",
            ),
        ),
        "held": Told(
            title="{target} {finding}: watchdog keeps its hands off",
            lines=(
                "Why: {act}. It is watched, and not touched.",
                "What you can do: start it, and watchdog looks after it again.",
                "To have watchdog bring it back: watchdog release {target}",
            ),
        ),
        "asked": Told(
            title="{target} {finding}: shall it run?",
            lines=(
                "What was done: nothing. Watchdog was not there when it ended.",
                "If it shall run: watchdog release {target}",
                "If it shall stay down: watchdog hold {target}",
            ),
        ),
        "released": Told(
            title="{target} is looked after again",
            lines=("Given back by: {by}.", "To take it over once more: watchdog hold {target}"),
        ),
        "config_broken": Told(
            title="The configuration is broken: watchdog runs with the last good one, of {since}",
            lines=(
                "What is wrong: {problem}",
                "Problems in all: {problems}. To see each of them: watchdog config check",
                "What is done: everything as before, by the configuration of {since}. Later edits are not in force.",
                "What you can do: mend the files, then: watchdog reload",
            ),
        ),
        "config_mended": Told(
            title="The configuration is good again, and in force",
            lines=("Nothing is asked of you.",),
        ),
    },
    standings={
        "well": Standing(word="well"),
        "warning": Standing(
            word="warning", next="nothing is done for a warning", commands=("watchdog probe {target}",)
        ),
        "moving": Standing(word="changing", next="it is looked at again in a moment"),
        "unknown": Standing(
            word="unknown",
            next="nothing is done while it cannot be seen; it is looked at again and again",
            commands=("watchdog probe {target}",),
        ),
        "not_seen": Standing(word="not seen yet", next="it is about to be looked at"),
        "sick": Standing(
            word="sick", next="see why", commands=("watchdog probe {target}", "watchdog heal {target}")
        ),
        "waiting": Standing(
            word="sick, waiting",
            next="the next attempt, when its wait is over",
            commands=("watchdog heal {target}", "watchdog hold {target}"),
        ),
        "acting": Standing(
            word="being healed",
            next="the step that runs ends, then it has to prove its health",
            commands=("watchdog hold {target}",),
        ),
        "verifying": Standing(
            word="being verified",
            next="it has to stay well for a while",
            commands=("watchdog hold {target}",),
        ),
        "escalated": Standing(
            word="needs a human",
            next="nothing, until a human mends it and says so",
            commands=("watchdog incidents {incident}", "watchdog retry {target}", "watchdog hold {target}"),
        ),
        "held": Standing(
            word="held",
            next="nothing: it is watched and not touched",
            commands=("watchdog release {target}",),
        ),
        "asked": Standing(
            word="shall it run?",
            next="nothing, until a human answers",
            commands=("watchdog release {target}", "watchdog hold {target}"),
        ),
    },
    phases={
        "open": "open",
        "acting": "being healed",
        "verifying": "being verified",
        "escalated": "needs a human",
        "resolved": "resolved",
    },
    endings={
        "healed": "healed",
        "recovered": "recovered, not by watchdog",
        "taken_over": "taken over by a person",
    },
    results={
        "done": "done",
        "failed": "failed",
        "skipped": "skipped",
        "aborted": "aborted",
        "interrupted": "interrupted",
    },
    happenings={
        "observation.changed": "seen: {finding} ({status})",
        "incident.opened": "incident {incident} opened",
        "incident.verifying": "looking whether it stays well",
        "incident.escalated": "handed to a human",
        "incident.resolved": "{ending}",
        "step.begun": "attempt {attempt}: {action}",
        "step.ended": "{action}: {result}{because}",
        "hold.begun": "hands off from now on: {act}",
        "hold.ended": "no longer held",
        "engine.lost": "the Docker engine cannot be asked: {reason}",
        "engine.found": "the Docker engine answers again",
        "journal.failed": "the journal cannot be written: {reason}",
        "config.reloaded": "the configuration was loaded again by {by}: {changes} changes",
        "config.reload_failed": "the configuration was not loaded again, the old one stays: {problem}",
        "daemon.stopping": "watchdog is stopping",
    },
    actions={
        "collect_logs": "keep its last log lines",
        "start_container": "start it",
        "restart_container": "stop and start it",
        "recreate_service": "replace its container by a new one of the same image",
        "rebuild_service": "build its image anew and replace its container",
    },
    seconds="{n} s",
    minutes="{n} min {m} s",
    hours="{n} h {m} min",
    days="{n} d {m} h",
)
