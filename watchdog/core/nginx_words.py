"""What Nginx says of its configuration, in one sentence."""

from __future__ import annotations

import re

_COMPLAINT = re.compile(r"^(?:nginx: )?\[(?:emerg|alert|crit|error)\] (?P<what>.+)$", re.MULTILINE)
_NO_UPSTREAM = re.compile(r'host not found in upstream "(?P<host>[^":]+)')
_NO_RIGHT = re.compile(r"\(13: Permission denied\)")
_OF_A_PAIR = re.compile(
    r"cannot load certificate|SSL_CTX_use_|PEM_read_bio|BIO_new_file\(|key values mismatch", re.IGNORECASE
)
_LONGEST = 300


def complaint_of(said: str) -> str:
    """Why it would not start with its configuration, in its own words or in plainer ones."""
    found = _COMPLAINT.search(said)
    what = found["what"] if found else next((line for line in said.splitlines() if line.strip()), "")
    upstream = _NO_UPSTREAM.search(what)
    if upstream is not None:
        return f"it does not find {upstream['host']}, which has to run first ({what[:_LONGEST]})"
    return what.strip()[:_LONGEST] or "it does not say why"


def is_about_a_pair(said: str) -> bool:
    """Whether it is a certificate or a key that it refuses, which another pair may mend."""
    return bool(_OF_A_PAIR.search(said))


def passes_by_itself(said: str) -> bool:
    """Whether the configuration may be right: it misses only a neighbour that is down, or could not be read."""
    return bool(_NO_UPSTREAM.search(said) or _NO_RIGHT.search(said))
