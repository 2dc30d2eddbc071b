"""A site's certificate: what is wrong with the one that is served and the one that lies in its file.

People get the served one. The one in the file is what they get after the next start of the server: the two are
compared by their fingerprints.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from watchdog.core.observation import Fact, Finding, Status


class CertificateTrouble(StrEnum):
    """What can be found of a certificate; each is the kind of a finding."""

    WELL = "cert_well"
    EXPIRED = "cert_expired"
    NOT_YET_VALID = "cert_not_yet_valid"
    WRONG_HOST = "cert_wrong_host"
    NOT_SERVED = "cert_not_served"
    SELF_SIGNED = "cert_self_signed"
    CHAIN_INCOMPLETE = "cert_chain_incomplete"
    UNKNOWN_ISSUER = "cert_unknown_issuer"
    UNTRUSTED = "cert_untrusted"
    KEY_MISMATCH = "cert_key_mismatch"
    GARBAGE = "cert_garbage"
    TOO_LARGE = "cert_too_large"
    ENDS_SOON = "cert_ends_soon"
    ENDING = "cert_ending"
    FILE_DIFFERS = "cert_file_differs"
    FILE_MISSING = "cert_file_missing"
    FILE_UNREADABLE = "cert_file_unreadable"
    HANDSHAKE_ENDLESS = "cert_handshake_endless"
    NO_TLS = "cert_no_tls"
    NO_CONNECTION = "cert_no_connection"
    NO_NAME = "cert_no_name"


T = CertificateTrouble

# Clocks differ by so much: a certificate that begins as soon is valid by somebody's.
SKEW = timedelta(minutes=1)

_STATUS = {
    T.WELL: Status.OK,
    # Due, and nothing is broken yet.
    T.ENDING: Status.WARNING,
    T.FILE_DIFFERS: Status.WARNING,
    # Most likely it is not mounted for us.
    T.FILE_MISSING: Status.WARNING,
    T.FILE_UNREADABLE: Status.WARNING,
    # It could not be looked at; whether the page answers is another check's matter.
    T.HANDSHAKE_ENDLESS: Status.UNKNOWN,
    T.NO_TLS: Status.UNKNOWN,
    T.NO_CONNECTION: Status.UNKNOWN,
    T.NO_NAME: Status.UNKNOWN,
}
_GRAVE = (Status.CRITICAL, Status.UNKNOWN, Status.WARNING, Status.OK)


class Trusted(StrEnum):
    """What a handshake that verifies says of a chain."""

    YES = "yes"
    NOT_ASKED = "not_asked"
    SELF_SIGNED = "self_signed"
    NO_ISSUER = "no_issuer"  # the issuer of the last one that was sent is not known
    ROOT_UNKNOWN = "root_unknown"
    EXPIRED = "expired"  # it, or one above it
    EARLY = "early"  # the same: not valid yet
    OTHERWISE = "otherwise"


# Its own dates are good where it is not trusted for these.
_ABOVE = {
    Trusted.EXPIRED: "a certificate above it in its chain has expired",
    Trusted.EARLY: "a certificate above it in its chain is not valid yet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate, as far as it is judged.

    Attributes:
        fingerprint: SHA-256 of the whole, as hex.
        key_print: SHA-256 of its public key.
        names: DNS names and IP addresses that it is for.
        begins, ends: between these it is valid.
        names_issuer: it says where its issuer's certificate is found, as those of public authorities do.
    """

    fingerprint: str
    key_print: str
    names: tuple[str, ...]
    issuer: str
    begins: datetime
    ends: datetime
    names_issuer: bool = False

    def share_left(self, now: datetime) -> float:
        """Which part of its lifetime is left: 1 at its beginning, 0 at its end, less afterwards."""
        lifetime = (self.ends - self.begins).total_seconds()
        return (self.ends - now).total_seconds() / lifetime if lifetime > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What lies in the file.

    Attributes:
        trouble: why there is no certificate.
        where: which file that was: `file` or `key`.
        chain: how many certificates the file holds.
        key_fits: None when the key was not looked at.
    """

    certificate: Certificate | None = None
    trouble: CertificateTrouble | None = None
    where: str = "file"
    chain: int = 0
    key_fits: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a live handshake showed.

    Attributes:
        trouble: why there is no certificate, `detail` in words.
        chain: how many certificates were sent.
        trusted: what a handshake that verifies said; `detail` its words.
        besides: fingerprints of what is shown to who takes one kind of key only; asked for where the file differs.
    """

    certificate: Certificate | None = None
    trouble: CertificateTrouble | None = None
    chain: int = 0
    trusted: Trusted = Trusted.NOT_ASKED
    detail: str = ""
    besides: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRules:
    """When a certificate ends soon, as parts of its lifetime: lifetimes shrink, 90 days were yesterday.

    Attributes:
        warn_share: below it, a renewal is due.
        critical_share: below it, one did not come.
        critical_left: the same, in time; for short lives no more than the share that warns.
    """

    warn_share: float = 1 / 3
    critical_share: float = 1 / 10
    critical_left: timedelta = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateJudgement:
    """What is wrong, the gravest first, with its facts."""

    trouble: CertificateTrouble
    facts: dict[str, Fact] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """How bad it is."""
        return _status(self.trouble)

    @property
    def finding(self) -> Finding:
        """As a finding."""
        return Finding(self.trouble.value, self.facts)


def judge_certificate(
    host: str, served: Served, filed: Filed | None, now: datetime, rules: CertificateRules
) -> CertificateJudgement:
    """What is wrong with the certificate of a host, if anything. Never raises."""
    asked = _Asked(host, now, rules)
    found = sorted(_all(asked, served, filed), key=lambda each: _GRAVE.index(_status(each[0])))
    trouble, where = found[0] if found else (T.WELL, "served")
    about = served.certificate if where == "served" else filed.certificate if filed else None
    about = about or served.certificate or (filed.certificate if filed else None)
    facts: dict[str, Fact] = {"host": host, "where": where}
    if served.detail:
        above = _ABOVE.get(served.trusted) if trouble is T.UNTRUSTED else None
        facts["reason"] = above or served.detail
    if about is not None:
        days = (about.ends - now).total_seconds() / 86400
        facts |= {"ends": f"{about.ends:%Y-%m-%d %H:%M} UTC", "days": round(days, 1), "issuer": about.issuer}
        facts |= {"begins": f"{about.begins:%Y-%m-%d %H:%M} UTC", "names": ", ".join(about.names)[:200]}
    also = tuple(f"{kind.value} ({place})" for kind, place in found[1:])
    return CertificateJudgement(trouble=trouble, facts=facts, also=also)


def is_for(certificate: Certificate, host: str) -> bool:
    """Whether it is for this host; a `*` stands for exactly one leftmost part of a name."""
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        wanted = host.rstrip(".").lower()
        return any(_matches(name.rstrip(".").lower(), wanted) for name in certificate.names)
    return address in certificate.names


def ill_for(certificate: Certificate, host: str, now: datetime) -> CertificateTrouble | None:
    """Why it must not be put in place for this host now, whoever issued it; None if it may be."""
    if now >= certificate.ends:
        return T.EXPIRED
    if now < certificate.begins - SKEW:
        return T.NOT_YET_VALID
    return None if is_for(certificate, host) else T.WRONG_HOST


@dataclass(frozen=True, slots=True)
class _Asked:
    """What every judgement of one look goes by."""

    host: str
    now: datetime
    rules: CertificateRules

    def ill(self, mine: Certificate) -> CertificateTrouble | None:
        return ill_for(mine, self.host, self.now)

    def ending(self, mine: Certificate) -> CertificateTrouble | None:
        return _ending(mine, self.now, self.rules)


def _all(asked: _Asked, served: Served, filed: Filed | None) -> Iterator[tuple[CertificateTrouble, str]]:
    of_served = list(_of_served(asked, served, filed))
    differs = _compare(asked, served, filed, of_served)
    if differs is not None:
        # First of its equals: it says what to do.
        yield differs, "file"
    yield from ((kind, "served") for kind in of_served)
    if filed is None:
        return
    if filed.trouble is not None:
        yield filed.trouble, filed.where
    if filed.key_fits is False:
        yield T.KEY_MISMATCH, "file"
    mine = filed.certificate
    if mine is not None and (
        served.certificate is None or mine.fingerprint != served.certificate.fingerprint
    ):
        ill = asked.ill(mine) or asked.ending(mine)
        if ill is not None:
            yield ill, "file"


def _of_served(asked: _Asked, served: Served, filed: Filed | None) -> Iterator[CertificateTrouble]:
    if served.trouble is not None:
        yield served.trouble
    mine = served.certificate
    if mine is None:
        return
    ill = asked.ill(mine)
    if ill is not None:
        yield ill
    match served.trusted:
        case Trusted.SELF_SIGNED:
            yield T.SELF_SIGNED
        case Trusted.NO_ISSUER:
            halved = filed is not None and filed.chain > served.chain
            incomplete = served.chain <= 1 and (mine.names_issuer or halved)
            yield T.CHAIN_INCOMPLETE if incomplete else T.UNKNOWN_ISSUER
        case Trusted.ROOT_UNKNOWN:
            yield T.UNKNOWN_ISSUER
        case Trusted.EARLY if ill is None and asked.now < mine.begins:
            pass
        case Trusted.OTHERWISE | Trusted.EXPIRED | Trusted.EARLY if ill is None:
            yield T.UNTRUSTED
        case _:
            pass
    if ill is None and (ending := asked.ending(mine)) is not None:
        yield ending


def _compare(
    asked: _Asked, served: Served, filed: Filed | None, of_served: list[CertificateTrouble]
) -> CertificateTrouble | None:
    """Whether the file holds another one than is served, and whether that is the better one."""
    if filed is None or filed.certificate is None or served.certificate is None or filed.key_fits is False:
        return None
    mine, theirs = filed.certificate, served.certificate
    if mine.fingerprint == theirs.fingerprint or mine.fingerprint in served.besides:
        return None
    good = asked.ill(mine) is None and asked.ending(mine) is not T.ENDS_SOON
    sick = any(_status(each) is Status.CRITICAL for each in of_served)
    return T.NOT_SERVED if good and (sick or mine.begins > theirs.begins) else T.FILE_DIFFERS


def _ending(mine: Certificate, now: datetime, rules: CertificateRules) -> CertificateTrouble | None:
    lifetime, left = mine.ends - mine.begins, mine.ends - now
    # A life of six days would be critical from its middle on.
    floor = min(rules.critical_left, lifetime * rules.warn_share)
    if left < floor or left < lifetime * rules.critical_share:
        return T.ENDS_SOON
    return T.ENDING if left < lifetime * rules.warn_share else None


def _matches(pattern: str, host: str) -> bool:
    if not pattern.startswith("*."):
        return pattern == host
    first, _, rest = host.partition(".")
    return bool(first) and rest == pattern[2:] and "." in rest


def _status(trouble: CertificateTrouble) -> Status:
    return _STATUS.get(trouble, Status.CRITICAL)
