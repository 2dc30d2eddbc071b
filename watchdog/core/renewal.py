"""Why a renewal failed, in plain words, from what certbot said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class RenewalTrouble(StrEnum):
    """What kept a certificate from being renewed."""

    RATE_LIMIT = "rate_limit"
    CAA = "caa"
    DNS = "dns"
    PORT_80 = "port_80"
    PORT_TAKEN = "port_taken"
    WRONG_ANSWER = "wrong_answer"
    NOT_DUE = "not_due"
    NO_LINEAGE = "no_lineage"
    BROKEN_LINEAGE = "broken_lineage"
    NO_ACCOUNT = "no_account"
    AT_WORK = "at_work"
    SERVER_AWAY = "server_away"
    SERVER_BUSY = "server_busy"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a renewal failed.

    Attributes:
        words: for people, with what they can do.
        shown_by: the line of certbot's that shows it; from outside, to be redacted.
        retry_at: when the authority lets us try again, where it says so.
        lasting: trying again does not help before a person has changed something.
    """

    trouble: RenewalTrouble
    words: str
    shown_by: str = ""
    retry_at: datetime | None = None
    lasting: bool = False


_LONGEST = 300
# The special before the general: a rate limit is told within an error of another kind.
_TABLE: tuple[tuple[RenewalTrouble, str, bool, str], ...] = (
    (
        RenewalTrouble.RATE_LIMIT,
        r"rateLimited|too many (?:certificates|failed authorizations|new orders|registrations|requests)|rate.?limit",
        True,
        "the authority's limit is reached: it issues no more for now",
    ),
    (
        RenewalTrouble.AT_WORK,
        r"Another instance of Certbot is already running",
        False,
        "another certbot is at work on these files: the host's own timer, or a person",
    ),
    (
        RenewalTrouble.CAA,
        r"Type:\s*caa\b|error:caa\b|CAA record\b.*(?:prevents|forbids)|CAA records? .* do(?:es)? not allow",
        True,
        "the domain's CAA record does not allow this authority to issue: change the record",
    ),
    (
        RenewalTrouble.PORT_TAKEN,
        r"Could not bind (?:TCP port 80|to IPv4)|Problem binding to port 80|port 80.*already in use",
        True,
        "certbot wants port 80 for itself, and Nginx has it: its configuration says standalone, not webroot",
    ),
    (
        RenewalTrouble.DNS,
        r"Type:\s*dns\b|error:dns\b|DNS problem|NXDOMAIN|No valid IP addresses found|SERVFAIL|no such host",
        False,
        "the authority does not find the domain by DNS: check its A and AAAA records",
    ),
    (
        RenewalTrouble.PORT_80,
        r"Type:\s*connection\b|error:connection\b|Timeout during connect|likely firewall problem",
        False,
        "the authority does not reach port 80 of the domain: check firewall, ports and where DNS leads",
    ),
    (
        RenewalTrouble.WRONG_ANSWER,
        r"Type:\s*unauthorized\b|error:unauthorized\b|Invalid response from http",
        False,
        "the authority reached another answer than ours at the domain: DNS may lead to another machine",
    ),
    (
        RenewalTrouble.NO_LINEAGE,
        r"No certificate found with name|No such (?:certificate|lineage)|/renewal/\S+\.conf.*does not exist",
        True,
        "certbot knows no certificate of that name: issue it once by hand, or correct the name",
    ),
    (
        RenewalTrouble.BROKEN_LINEAGE,
        (
            r"renewal configuration file .* (?:is broken|produced an unexpected error)|Renewal configuration file .* is broken"
            r"|expected .*/live/.* to be a symlink|parsefail"
        ),
        True,
        "certbot cannot read its own files of that certificate: /etc/letsencrypt was changed or copied without links",
    ),
    (
        RenewalTrouble.NO_ACCOUNT,
        r"accountDoesNotExist|error:accountDoesNotExist|No (?:ACME )?account|Account at .* does not exist",
        True,
        "the authority does not know certbot's account any more: register it once by hand",
    ),
    (
        RenewalTrouble.SERVER_BUSY,
        r"Service busy|serverInternal|\b503\b|The service is down for maintenance",
        False,
        "the authority is busy or under maintenance: nothing to do but to wait",
    ),
    (
        RenewalTrouble.SERVER_AWAY,
        (
            r"Failed to establish a new connection|Requesting \S+: |NameResolutionError|Max retries exceeded|ConnectTimeout|ReadTimeout"
            r"|Temporary failure in name resolution|Network is unreachable|CERTIFICATE_VERIFY_FAILED"
        ),
        False,
        "the authority's server cannot be reached from here",
    ),
    (
        RenewalTrouble.NOT_DUE,
        r"not (?:yet )?due for renewal|No renewals were attempted",
        False,
        "certbot finds that it is not due yet",
    ),
)
_PATTERNS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE), lasting, words) for kind, pattern, lasting, words in _TABLE
)
_RETRY = re.compile(
    r"retry after (?P<day>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d:\d\d)(?:Z| UTC)?", re.IGNORECASE
)
_SAYS = re.compile(r"^\s*(?:Detail|Hint|Error|.*Error)\b.*|.*\bfailed\b.*", re.IGNORECASE)


def explain_failure(said: str) -> Failure:
    """The failure that certbot's output tells of. Never raises."""
    retry = _read_retry(said)
    for kind, pattern, lasting, words in _PATTERNS:
        found = pattern.search(said)
        if found is None:
            continue
        if kind is RenewalTrouble.RATE_LIMIT and retry is not None:
            words = f"the authority's limit is reached: it issues nothing before {retry:%Y-%m-%d %H:%M} UTC"  # noqa: PLW2901 - the same, and when
        return Failure(
            trouble=kind, words=words, shown_by=_line_of(said, found), retry_at=retry, lasting=lasting
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    shown = next((line for line in lines if _SAYS.fullmatch(line)), lines[-1] if lines else "")
    return Failure(
        trouble=RenewalTrouble.UNKNOWN,
        words="certbot did not say why in words that are known",
        shown_by=shown[:_LONGEST],
    )


def _line_of(said: str, found: re.Match[str]) -> str:
    """The line that shows it; the next one too, where that is the detail."""
    start = said.rfind("\n", 0, found.start()) + 1
    lines = said[start:].splitlines()[:3]
    detail = next((line for line in lines if line.strip().startswith("Detail:")), lines[0] if lines else "")
    return detail.strip()[:_LONGEST]


def _read_retry(said: str) -> datetime | None:
    found = _RETRY.search(said)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found['day']}T{found['time']}").replace(tzinfo=UTC)
    except ValueError:
        return None
