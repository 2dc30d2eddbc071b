"""What people are told, in English: what happened, what was done, what is proven, what a human can do.

A line that lacks one of its facts is left out. The last lines name the commands, as they are typed.
"""

from __future__ import annotations

from collections.abc import Mapping

from watchdog.wording.catalogue import Told

TELLINGS: Mapping[str, Told] = {
    "opened": Told(
        title="{target} {finding}",
        short="{finding}",
        lines=(
            "What was done: nothing yet. It was seen, and is written down.",
            "What came before: a warning, told {warned} ago.",
            "What follows: the steps that its playbook has for this, each one verified; a human where none is or none helps.",
            "To keep its hands off: watchdog hold {target}",
            "The whole story: watchdog incidents {incident}",
        ),
    ),
    "warned": Told(
        title="Warning: {target} {finding}",
        short="a warning: {finding}",
        lines=(
            "It has been so for {seconds}.",
            "When nothing will be left, if it goes on like this: {full_at}.",
            "What takes the most room: {biggest}.",
            "Whom to ask: {contact}.",
            "What is done: nothing. You are told once more when it is over.",
            "What you can do: {hint}.",
            "How all stands: watchdog status",
        ),
    ),
    "warning_over": Told(
        title="{target}: the warning is over after {seconds}, it {finding}",
        short="the warning is over",
        lines=(
            "What is proven: seen so for {stable} without a break.",
            "Nothing is asked of you. How all stands: watchdog status",
        ),
    ),
    "acting": Told(
        title="{target}: attempt {attempt}, {action}",
        short="attempt {attempt}: {action}",
        lines=(
            "What is wrong: {target} {finding}.",
            "What is proven: nothing yet. It counts once the target has stayed well for a while.",
            "To keep watchdog's hands off: watchdog hold {target}",
            "The whole story: watchdog incidents {incident}",
        ),
    ),
    "waiting": Told(
        title="{target} has to wait for {seconds}: {reason}",
        short="waits for {seconds}: {reason}",
        lines=(
            "What is wrong: {target} {finding}.",
            "What is done: nothing for now. It is watched meanwhile, and gone on with after that.",
            "What you can do: see to it by hand, if it cannot wait. To keep watchdog's hands off: watchdog hold {target}",
            "The whole story: watchdog incidents {incident}",
        ),
    ),
    "proposed": Told(
        title="{target} needs your yes: {action} (proposal {proposal})",
        short="waits for your yes: {action} (proposal {proposal})",
        lines=(
            "What is wrong: {target} {finding}.",
            "What it would do: {does}.",
            "What is done until you answer: nothing.",
            "All of it, to the letter: watchdog approve {proposal} --dry-run",
            "To have it done, within {seconds}: watchdog approve {proposal}",
            "To decline: watchdog decline {proposal}",
        ),
    ),
    "healed": Told(
        title="{target} is well again, healed after {seconds}",
        short="well again after {seconds}",
        lines=(
            "What was wrong: {target} {finding}.",
            "What was done: watchdog acted on it, attempts in this incident: {attempts}.",
            "What is proven: seen well for {stable} without a break.",
            "What is left of it, as a warning: it {still}. You are told when that is over.",
            "Nothing is asked of you. The whole story: watchdog incidents {incident}",
        ),
    ),
    "recovered": Told(
        title="{target} is well again after {seconds}, not by watchdog's doing",
        short="well again after {seconds}, not by watchdog's doing",
        lines=(
            "What was wrong: {target} {finding}.",
            "What was done: it came back by itself or by a human's hand.",
            "What is proven: seen well for {stable} without a break.",
            "What is left of it, as a warning: it {still}. You are told when that is over.",
            "The whole story: watchdog incidents {incident}",
        ),
    ),
    "escalated": Told(
        title="{target} needs a human: it {finding}",
        short="needs a human: {reason}",
        lines=(
            "What was done: attempts counted against it: {attempts}.",
            "Why watchdog does no more: {reason}.",
            "What stood in the way: {hindrance}.",
            "What nobody said yes to: {denied}.",
            "What is known of the cause: {doom}.",
            "What shows it: {shown_by}",
            "What would mend it: {advice}.",
            "What takes the most room: {biggest}.",
            "Whom to ask: {contact}.",
            "What you can do: find the cause (watchdog incidents {incident}) and mend it.",
            "Then: watchdog retry {target}",
            "To leave it as it is: watchdog hold {target}",
        ),
    ),
    "reminded": Told(
        title="{target} still needs a human, for {seconds} now: it {finding}",
        short="still needs a human, after {seconds}",
        lines=(
            "What was done: attempts counted against it: {attempts}.",
            "Why watchdog does no more: {reason}.",
            "What you can do: find the cause (watchdog incidents {incident}) and mend it.",
            "Then: watchdog retry {target}",
            "To leave it as it is, and hear no more of it: watchdog hold {target}",
        ),
    ),
    "suppressed": Told(
        title="{target} {finding}: it waits for {cause}",
        short="waits for {cause}",
        lines=(
            "What was done: nothing to it. {cause} is what is looked after first.",
            "What follows: it is watched; when its cause is well it gets a while to come back by itself.",
            "What you can do: see to the cause: watchdog status",
            "To have it acted upon all the same: watchdog heal {target}",
        ),
    ),
    "affected": Told(
        title="{target} {finding}: it waits for {cause}",
        short="{target} waits for it, too",
        lines=(
            "What was done: nothing to {target}. {cause} is what is looked after first.",
            "To have it acted upon all the same: watchdog heal {target}",
            "The whole story: watchdog incidents {incident}",
        ),
    ),
    "followed": Told(
        title="{target} is well again, like {cause}",
        short="{target} is well again, too",
        lines=(
            "What was done: nothing to {target}. It waited for {cause}, and came back by itself.",
            "Nothing is asked of you. The whole story: watchdog incidents {incident}",
        ),
    ),
    "flapping": Told(
        title="{target} is well and sick by turns: {turns} times within minutes",
        short="well and sick by turns, {turns} times within minutes",
        lines=(
            "What is wrong: {target} {finding}.",
            "What is done: it is touched less often from now on, until it stays as it is for a while.",
            "What you can do: find out why it does not stay well: watchdog incidents {incident}",
            "To keep watchdog's hands off: watchdog hold {target}",
        ),
    ),
    "storm": Told(
        title="{sick} of {watched} targets are sick at once: a human is needed",
        short="{sick} of {watched} targets are sick at once",
        lines=(
            "Which: {names}.",
            "What they have in common: {shared}.",
            "What is done: what ended by itself is started again, a few at a time, what is needed first: {starts}.",
            "What is not done: those that run and are sick are left as they are: {asks}.",
            "What you can do: look for what they have in common: watchdog status",
            "To leave one of them as it is: watchdog hold TARGET",
        ),
    ),
    "storm_over": Told(
        title="The storm is over after {seconds}: {well} of {caught} targets are well again",
        short="over after {seconds}: {well} of {caught} are well again",
        lines=(
            "Still sick, each with an incident of its own: {still}.",
            "What is proven: each of the others was seen well.",
            "How all stands: watchdog status",
        ),
    ),
    "bypass_open": Told(
        title="{target}: {app} can be reached past its front at {where} for {seconds}",
        short="emergency bypass: {app} at {where} until {until}",
        lines=(
            "What was done: a forwarder leads there, until {until}. It is withdrawn when all is well again.",
            "What is not done: it mends nothing. A human is needed for the front.",
            "It listens on this machine only. From elsewhere: `ssh -L 3000:{tunnel} SERVER`",
            "Who may come: {sources}, and nobody else (Docker publishes ports past ufw).",
            "The whole story: watchdog incidents {incident}",
        ),
    ),
    "bypass_left": Told(
        title="{target}: the emergency bypass to {app} at {where} has {seconds} left",
        short="emergency bypass: {app} at {where}, {seconds} left",
        lines=("It ends by itself at {until}.", "The whole story: watchdog incidents {incident}"),
    ),
    "bypass_closed": Told(
        title="{target}: the emergency bypass to {app} at {where} is withdrawn: {reason}",
        short="emergency bypass to {app} withdrawn: {reason}",
        lines=("What is published: nothing any more.", "The whole story: watchdog incidents {incident}"),
    ),
    "held": Told(
        title="{target} {finding}: watchdog keeps its hands off",
        short="hands off: {act}",
        lines=(
            "Why: {act}. It is watched, and not touched.",
            "What you can do: start it, and watchdog looks after it again.",
            "To have watchdog bring it back: watchdog release {target}",
        ),
    ),
    "asked": Told(
        title="{target} {finding}: shall it run?",
        short="shall it run? nobody knows who stopped it",
        lines=(
            "What was done: nothing. Watchdog was not there when it ended.",
            "If it shall run: watchdog release {target}",
            "If it shall stay down: watchdog hold {target}",
        ),
    ),
    "switched_off": Told(
        title="the check {target} is switched off: it {finding}",
        short="the check is switched off",
        lines=(
            "What was done: everything else is watched as before; this check is not asked any more.",
            (
                "What you can do: mend the check. A changed configuration (a comment is enough) or another "
                "version of watchdog or of a plug-in switches it on again."
            ),
            "To have it asked again: watchdog retry {target}",
            "What else is degraded: watchdog status",
        ),
    ),
    "released": Told(
        title="{target} is looked after again",
        short="looked after again, given back by: {by}",
        lines=("Given back by: {by}.", "To take it over once more: watchdog hold {target}"),
    ),
    "engine_lost": Told(
        title="The Docker engine cannot be asked, for {seconds} now: watchdog sees and heals nothing meanwhile",
        short="cannot be asked",
        lines=(
            "What is wrong: {reason}",
            "What is done: nothing. What runs may run on; what falls stays down until the engine answers.",
            "What you can do: systemctl status docker, then: systemctl restart docker",
            "It is asked again and again. When it answers, everything is looked at anew, and you are told. Why: watchdog status",
        ),
    ),
    "engine_found": Told(
        title="The Docker engine answers again, after {seconds}",
        short="answers again, after {seconds}",
        lines=(
            "What is done: everything was looked at anew. What is down and shall run is started.",
            "Nothing is asked of you. How all stands: watchdog status",
        ),
    ),
    "config_broken": Told(
        title="The configuration is broken: watchdog runs with the last good one, of {since}",
        short="broken: the last good one is in force",
        lines=(
            "What is wrong: {problem}",
            "Problems in all: {problems}. To see each of them: watchdog config check",
            "What is done: everything as before, by the configuration of {since}. Later edits are not in force.",
            "What you can do: mend the files, then: watchdog reload",
        ),
    ),
    "config_mended": Told(
        title="The configuration is good again, and in force",
        short="good again, and in force",
        lines=(
            "What is proven: all files were read again without a problem.",
            "Nothing is asked of you. How all stands: watchdog status",
        ),
    ),
    "journal_full": Told(
        title="The disk under watchdog's journal is full: it goes on as far as it may",
        short="its disk is full",
        lines=(
            "What is wrong: {problem}",
            "What is done: containers that fall are still started, twice at most; nothing is replaced or rebuilt.",
            "What you can do: make room on the disk that holds watchdog's state. Writing resumes by itself.",
            "How all stands: watchdog status",
        ),
    ),
    "journal_well": Told(
        title="The journal is written to its disk again",
        short="written to its disk again",
        lines=(
            "What is proven: everything that was kept in memory is on the disk.",
            "Nothing is asked of you. How all stands: watchdog status",
        ),
    ),
    "journal_damaged": Told(
        title="The journal was damaged: watchdog begins with what could be read of it",
        short="was damaged, and is begun anew",
        lines=(
            "What was wrong: {problem}",
            "What was done: it was set aside as {file}, a new one was begun; rows taken over: {carried}.",
            "For a minute nothing is replaced or rebuilt, until everything was looked at.",
            "What you can do: look at what is held and what is open (watchdog status); check the disk.",
        ),
    ),
    "journal_gap": Told(
        title="What watchdog decided since {since} is not remembered: its disk was full when it ended",
        short="a part of it was lost",
        lines=(
            "What was done: everything is looked at anew; for a minute nothing is replaced or rebuilt.",
            "What you can do: see whether what you had held is still held (watchdog status), hold it again if not.",
        ),
    ),
    "left_out": Told(
        title="{count} messages are left out: too many had to wait while {target} could not be reached",
        short="{count} messages left out",
        lines=(
            "What they told of: what is over, or what a newer message says as well; the oldest of {since}.",
            "Incidents among them: {incidents}. What follows here is how it stands.",
            "All incidents: watchdog incidents",
            "How all stands: watchdog status",
        ),
    ),
    "maintenance_begun": Told(
        title="Maintenance: {what} is watched and not touched, until {until}",
        short="not touched until {until}",
        lines=(
            "Asked for by: {by}.",
            "Why: {why}",
            "To end it now: watchdog maintenance end {window}",
        ),
    ),
    "maintenance_ended": Told(
        title="Maintenance is over: {what} is looked after again",
        short="looked after again",
        lines=(
            "Ended by: {by}.",
            "What follows: everything in it is looked at now, and healed where that is needed.",
            "How all stands: watchdog status",
        ),
    ),
}
