"""Our own small tree of errors. Gateways translate every foreign error into one of these.

WatchdogError
├── ConfigError            what is wrong, where, what to do; all of them at once
├── GatewayError
│   ├── JournalError       the journal cannot be used, or did not take what it was given: the file and the fix
│   │   ├── NewerJournal   ... because a newer watchdog wrote it: to be left alone
│   │   └── DamagedJournal ... because what it holds cannot be read
│   ├── Unreachable        the other side could not be asked: nothing is known, nothing follows
│   │   └── NobodyListens  ... because its socket refuses every connection: it may be a stale file
│   └── Refused            the other side answered no
│       ├── NotThere       ... because what was asked for does not exist
│       ├── Misconfigured  ... because of how we were told to ask: a refused token, an address that cannot be
│       └── Changed        ... because it is not what it was any more; `names` says what differs
├── DeliveryError          a notification could not be handed over
└── Misbehaved             a plug-in did what none may do, or has not come back
"""

from __future__ import annotations


class WatchdogError(Exception):
    """Anything of ours; its text is for people and holds no secret."""


class ConfigError(WatchdogError):
    """The configuration cannot be used. `problems`: one line each, with place and fix."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class GatewayError(WatchdogError):
    """An outside system did not do what it was asked."""


class JournalError(GatewayError):
    """The journal cannot be used, or did not take what it was given. Nothing may be done that it does not know."""


class NewerJournal(JournalError):  # noqa: N818 - reads as what it says
    """A newer watchdog wrote the journal. No restart helps, and it is not to be touched: a person has to choose."""


class DamagedJournal(JournalError):  # noqa: N818 - the same
    """The file is no journal, or one that cannot be read any more."""


class Unreachable(GatewayError):  # noqa: N818 - reads as what it says: the engine is unreachable
    """The outside system could not be asked, or did not answer in time."""


class NobodyListens(Unreachable):
    """The socket is there and refuses: its owner is gone, or listens on a new file in its place."""


class Refused(GatewayError):  # noqa: N818 - the same
    """The outside system answered no. `status`: that of its answer in HTTP, 0 where there is none."""

    status: int = 0


class NotThere(Refused):
    """What was asked for does not exist."""


class Misconfigured(Refused):
    """It was asked in a way that cannot work: for a person to mend in the configuration. Nothing is known of the target."""


class Changed(Refused):
    """It is not what it was: the same request cannot succeed before a person has said what they want.

    Attributes:
        names: of what differs, as far as they are known.
    """

    def __init__(self, message: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.names = names


class DeliveryError(WatchdogError):
    """A notification could not be handed over.

    Attributes:
        permanent: this one never will be; the others may.
        blocked: none will be before a person has changed something (a refused token, a chat that is not there).
        retry_after: seconds that the other side asked to be left alone for, None if it did not.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        blocked: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.blocked = blocked
        self.retry_after = retry_after


class Misbehaved(WatchdogError):  # noqa: N818 - reads as what it says
    """Code that did not come with watchdog raised what it may not, answered rubbish, or has not come back."""
