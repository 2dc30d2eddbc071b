"""Which certificates are believed: the system's authorities, one's own, or any at all."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

OFF = "off"
VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe.

    Attributes:
        verify: False believes anybody.
        ca: a file of authorities, PEM, to believe beside none of the system's; "" for the system's.
    """

    verify: bool = True
    ca: str = ""


def read_trust(value: object) -> Trust:
    """`verify`, `off`, or the absolute path of a file of authorities. Raises ValueError with what to write instead."""
    if isinstance(value, Trust):
        return value
    # YAML reads off and on as False and True.
    if value is True or value == VERIFY:
        return Trust()
    if value is False or value == OFF:
        return Trust(verify=False)
    if isinstance(value, str) and value.startswith("/"):
        return Trust(ca=value)
    raise ValueError("is no way to trust; write verify, off, or the absolute path of a CA file")


def tls_context(trust: Trust) -> ssl.SSLContext:
    """A context of a client that believes so; raises OSError or ValueError for a file that holds no authority."""
    if trust.ca and not Path(trust.ca).is_file():
        raise ValueError("there is no such file")
    context = ssl.create_default_context(cafile=trust.ca or None)
    if not trust.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
