"""Doomed causes: what starting again cannot mend. A diagnosis and a human, instead of the third restart.

Two restarts are allowed all the same: a mount that comes a moment late and a port that is let go of look just
like one that never comes. `core.doom_table` has the messages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from watchdog.core.container import SIGNALS, ContainerFacts, End
from watchdog.core.doom_table import CONTAINER_SAYS, ENGINE_SAYS, LOG_SAYS, Advice, Doom
from watchdog.core.moment import Moment
from watchdog.core.observation import Finding
from watchdog.core.verdict import Allow, Refuse, Verdict

# So many restarts may be made although the cause is doomed.
RESTARTS = 2
# Two ends for want of memory that lie further apart are two troubles.
IN_A_ROW = 3600.0
# An error of configuration ends a program soon after its start (ns). Later lines tell of something else.
AT_START_NS = 60_000_000_000
# Only the last lines tell why it ended.
READ_LINES = 40
KEPT_ENDS = 4

_KILLED = 137
_SHELL_SAYS = ("not found", "no such file or directory", "permission denied")

# A container that runs, however unhealthy, could be started: nothing is doomed.
_FALLEN = frozenset({"exited", "start_failed", "out_of_memory", "crash_loop", "restarting", "not_started"})
_DOWN = frozenset({"exited", "restarting", "dead"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why starting again cannot help.

    Attributes:
        kind: for wording, as is `advice`.
        evidence: the line that shows it; from outside, to be redacted before it is kept or shown.
        replacing_helps: a new container of the same service would run, and no restart of this one ever will.
    """

    kind: str
    advice: Advice
    evidence: str = ""
    replacing_helps: bool = False


def noted_end(ends: Sequence[End], facts: ContainerFacts, now: Moment) -> tuple[End, ...]:
    """The ends with the one that is seen now, once for each incarnation; no more than matter.

    A bare KILL after an end for want of memory is left out: on a loaded machine the engine does not always learn
    that it was the kernel (measured), so that it is no third end for it, and does not break the row either.
    """
    if facts.state not in _DOWN or any(end.incarnation == facts.incarnation for end in ends):
        return tuple(ends)
    if facts.exit_code == _KILLED and not facts.oom_killed and ends and ends[-1].out_of_memory:
        return tuple(ends)
    new = End(incarnation=facts.incarnation, out_of_memory=facts.oom_killed, at=now)
    return (*ends, new)[-KEPT_ENDS:]


def diagnose(
    finding: Finding,
    facts: ContainerFacts | None,
    *,
    log_tail: Sequence[str] = (),
    refusal: str = "",
    ends: Sequence[End] = (),
) -> Diagnosis | None:
    """Why starting again cannot help; None when it may.

    `log_tail`: its last lines, oldest first. `refusal`: why the latest step of ours failed
    (`Outcome.reason`): only there is told what Compose cannot create, and that the source of a mount is gone
    (measured: the container itself keeps no error of that). `ends`: see `noted_end`.
    """
    if facts is None:
        return _search(ENGINE_SAYS, refusal)
    if finding.kind not in _FALLEN:
        return None
    said = _search((*ENGINE_SAYS, *CONTAINER_SAYS), facts.error) or _search(ENGINE_SAYS, refusal)
    if said is not None:
        return said
    if facts.exit_code in (126, 127):
        kind = "command-not-found" if facts.exit_code == 127 else "command-not-executable"  # noqa: PLR2004
        return Diagnosis(kind=kind, advice=Advice.MEND_COMMAND, evidence=_of_command(log_tail))
    if _twice_out_of_memory(ends):
        return Diagnosis(kind="out-of-memory-again", advice=Advice.MORE_MEMORY)
    return _read_log(facts, log_tail)


def allows_restart(attempts: int, diagnosis: Diagnosis | None) -> Verdict:
    """May it be started or restarted once more, after so many attempts that the ledger still holds?

    Waiting never helps here. What only replacing helps is not restarted at all: a container whose network owner
    was replaced still runs, and does not after a restart.
    """
    if diagnosis is None:
        return Allow()
    if diagnosis.replacing_helps:
        return Refuse("only-replacing-helps")
    return Refuse("doomed") if attempts >= RESTARTS else Allow()


def _read_log(facts: ContainerFacts, log_tail: Sequence[str]) -> Diagnosis | None:
    if facts.exit_code in SIGNALS:
        return None  # it was ended: what it had complained of before is not why
    if facts.state in _DOWN and facts.finished - facts.started > AT_START_NS:
        return None
    return _search(LOG_SAYS, "\n".join(log_tail[-READ_LINES:]))


def _search(dooms: Sequence[Doom], text: str) -> Diagnosis | None:
    for doom in dooms:
        # The newest: an older one may be of a trouble that is over.
        found = next(iter(deque(doom.pattern.finditer(text), maxlen=1)), None)
        if found is None:
            continue
        end = text.find("\n", found.end())
        lines = text[text.rfind("\n", 0, found.start() + 1) + 1 : end if end >= 0 else len(text)]
        return Diagnosis(
            kind=doom.kind,
            advice=doom.advice,
            # Of several lines the last one names what is missing.
            evidence=_last(lines.splitlines()),
            replacing_helps=doom.replacing_helps,
        )
    return None


def _of_command(log_tail: Sequence[str]) -> str:
    """The line in which a shell says what it could not run: its two streams may be told in either order."""
    said = [line for line in log_tail if line.rstrip().lower().endswith(_SHELL_SAYS)]
    return _last(said or log_tail)


def _last(lines: Sequence[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _twice_out_of_memory(ends: Sequence[End]) -> bool:
    if len(ends) < 2:  # noqa: PLR2004
        return False
    before, latest = ends[-2:]
    return before.out_of_memory and latest.out_of_memory and latest.at.seconds_since(before.at) <= IN_A_ROW
