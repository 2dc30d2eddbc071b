"""The pair that a server has in its folder, and the newest that certbot has: looked at, exchanged, put back.

Both are root's, so all of it is done by one-shot containers. A private key never leaves them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from watchdog.core.certificate import Certificate
from watchdog.core.errors import Refused
from watchdog.gateways.one_shot import Lent, OneShot
from watchdog.gateways.program import Ended
from watchdog.gateways.x509 import read_chain

LETSENCRYPT = "/etc/letsencrypt"
FOLDER = "/pair"
# What writes into a folder of somebody else's takes these; what reads root's files takes none.
WRITES = ("CHOWN", "DAC_OVERRIDE", "FOWNER")
_READS = ("DAC_OVERRIDE",)
_BETWEEN = "-----watchdog-----"
_NO_PAIR = 3
_LINKED = 4
# An exchange is taken back only by who made it, not by who comes next week.
_STALE = 7200

# Of all: $1 the lineage, $2 and $3 the names of chain and key, $4 the folder of the pair.
_LOOK = f"""
live="{LETSENCRYPT}/live/$1"
[ "$5" = settle ] && rm -f "$4/.watchdog-unsettled"
head -c 131072 "$live/fullchain.pem" 2>/dev/null
echo; echo {_BETWEEN}
head -c 131072 "$4/$2" 2>/dev/null
echo; echo {_BETWEEN}
cmp -s "$live/fullchain.pem" "$4/$2" && ! cmp -s "$live/privkey.pem" "$4/$3" && echo torn
exit 0
"""
# Beside their final names, complete on the disk, then renamed. The old pair is kept as it was, and that it may be
# put back stands there before anything is renamed. What was cut short between two renames is no pair, and is never
# kept in place of the one that was. Certbot's own links are never replaced: it would renew nothing any more.
_INSTALL = f"""
set -eu
live="{LETSENCRYPT}/live/$1"; chain=$2 key=$3; cd "$4"; umask 077
[ -s "$live/fullchain.pem" ] && [ -s "$live/privkey.pem" ] || exit {_NO_PAIR}
for name in "$chain" "$key"; do
    [ -L "$name" ] || continue
    case $(readlink -f "$name" || true) in ""|{LETSENCRYPT}/*) ;; *) [ ! -e "$name" ] || continue ;; esac
    cmp -s "$live/fullchain.pem" "$chain" && cmp -s "$live/privkey.pem" "$key" && exit 0
    exit {_LINKED}
done
trap 'rm -f "$chain.new" "$key.new" "$chain.kept" "$key.kept" .watchdog-unsettled.new' EXIT
whole=yes
[ ! -e .watchdog-half ] || [ ! -e "$chain.before" ] || [ ! -e "$key.before" ] || whole=no
for name in "$chain" "$key"; do
    rm -f "$name.new"
    case $name in "$chain") from=fullchain; mode=644 ;; *) from=privkey; mode=600 ;; esac
    cp "$live/$from.pem" "$name.new"; chmod $mode "$name.new"
    like=.; [ ! -e "$name" ] || like=$name
    chown "$(stat -L -c %u:%g "$like")" "$name.new"
done
date +%s > .watchdog-unsettled.new
if [ $whole = yes ]; then
    for name in "$chain" "$key"; do
        rm -f "$name.kept"
        [ ! -e "$name" ] || cp -pL "$name" "$name.kept"
    done
    for name in "$chain" "$key"; do
        if [ -e "$name.kept" ]; then mv -f "$name.kept" "$name.before"; else rm -f "$name.before"; fi
    done
fi
mv -f .watchdog-unsettled.new .watchdog-unsettled; : > .watchdog-half
sync "$chain.new" "$key.new" .watchdog-unsettled .
mv -f "$3.new" "$3"; mv -f "$2.new" "$2"; rm -f .watchdog-half; sync .
"""
_PUT_BACK = f"""
set -eu
chain=$2 key=$3; cd "$4"; umask 077
[ -e .watchdog-unsettled ] || exit {_NO_PAIR}
[ $(( $(date +%s) - $(cat .watchdog-unsettled) )) -lt {_STALE} ] || exit {_NO_PAIR}
[ -e "$chain.before" ] && [ -e "$key.before" ] || exit {_NO_PAIR}
trap 'rm -f "$chain.new" "$key.new"' EXIT
for name in "$key" "$chain"; do cp -p "$name.before" "$name.new"; done
: > .watchdog-half
mv -f "$key.new" "$key"; mv -f "$chain.new" "$chain"
sync .; rm -f .watchdog-unsettled .watchdog-half
head -c 131072 "$chain"
"""


class Shots(Protocol):
    """`OneShots`, as actions use it."""

    async def describe(self, shot: OneShot) -> str:
        """The command line that would do the same, in one line."""
        ...

    async def run(self, shot: OneShot) -> Ended:
        """How its command ended, once the container is gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPlaces:
    """Where certificates are, on the host: absolute paths, or names of volumes.

    Attributes:
        lineage: certbot's name of the certificate, mostly the domain.
        letsencrypt: all of certbot's folder: what is in `live` are links into `archive`.
        folder: what the server has mounted for its pair. The folder, not the files: a file that is mounted by
            itself stays the old one until the container is started again. One within `letsencrypt` holds certbot's
            own links: nothing is put there, and nothing can be put back.
        chain, key: the names of the pair in it.
    """

    lineage: str
    letsencrypt: str
    folder: str
    chain: str = "fullchain.pem"
    key: str = "privkey.pem"


@dataclass(frozen=True, slots=True)
class Pairs:
    """The newest certificate that certbot has, and the one in place; None where there is none.

    `torn`: the one in place is the newest, and the key beside it is another one's.
    """

    newest: Certificate | None
    placed: Certificate | None
    torn: bool = False


async def look_at_pairs(shots: Shots, places: PairPlaces, *, settle: bool = False) -> Pairs:
    """What is there. `settle`: what was exchanged before has proved itself, and is not put back any more."""
    shot = _shot(_LOOK, places, more=("settle" if settle else "look",))
    if not settle:
        lent = tuple(replace(each, writable=False) for each in shot.lent)
        shot = replace(shot, lent=lent, capabilities=_READS)
    ended = await shots.run(shot)
    if ended.code != 0:
        raise Refused(f"the certificates could not be read: {_words(ended)}")
    newest, placed, torn = [*ended.output.split(f"\n{_BETWEEN}\n".encode()), b"", b""][:3]
    return Pairs(_first(newest), _first(placed), torn.strip() == b"torn")


async def install_pair(shots: Shots, places: PairPlaces) -> None:
    """Put certbot's newest pair in place, and keep the old one beside it. Raises `Refused`."""
    ended = await shots.run(install_shot(places))
    if ended.code == _NO_PAIR:
        raise Refused(f"certbot has no certificate of the name {places.lineage}")
    if ended.code == _LINKED:
        raise Refused(
            f"{places.chain} or {places.key} in {places.folder} is a link that does not lead to certbot's newest pair, "
            "and is not replaced: put files there, or links to certbot's live folder"
        )
    if ended.code != 0:
        raise Refused(f"the pair could not be put in place: {_words(ended)}")


async def put_pair_back(shots: Shots, places: PairPlaces) -> Certificate | None:
    """Put the pair back that the last exchange replaced: its certificate, None when there is none to put back.

    Raises `Refused`.
    """
    ended = await shots.run(_shot(_PUT_BACK, places))
    if ended.code == _NO_PAIR:
        return None
    if ended.code != 0:
        raise Refused(f"the old pair could not be put back: {_words(ended)}")
    old = _first(ended.output)
    if old is None:
        raise Refused("the old pair was put back, and is none")
    return old


def install_shot(places: PairPlaces) -> OneShot:
    """What puts the newest pair in place."""
    return _shot(_INSTALL, places)


def _shot(script: str, places: PairPlaces, *, more: tuple[str, ...] = ()) -> OneShot:
    within = places.folder.removeprefix(places.letsencrypt.rstrip("/"))
    certbots = within != places.folder and within.startswith("/")
    folder = f"{LETSENCRYPT}{within}" if certbots else FOLDER
    return OneShot(
        command=("sh", "-c", script, "sh", places.lineage, places.chain, places.key, folder, *more),
        lent=(
            Lent(places.letsencrypt, LETSENCRYPT),
            *(() if certbots else (Lent(places.folder, FOLDER, writable=True),)),
        ),
        capabilities=WRITES,
    )


def _first(pem: bytes) -> Certificate | None:
    try:
        return read_chain(pem.strip() + b"\n")[0]
    except (ValueError, IndexError):
        return None


def _words(ended: Ended) -> str:
    lines = ended.complaint.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else f"code {ended.code}"
