"""The pair in a server's folder: exchanged as a whole, kept, put back. By real one-shots of a real engine."""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import RealEngine
from tests.front.acme import IMAGE
from tests.front.nginx import need_image
from tests.front.tools import FakeShots
from tests.gateways.certificates import DAY, Authority, Pair
from tests.gateways.small_disk import small_disk
from watchdog.core.errors import Refused
from watchdog.gateways.certificate_pair import (
    PairPlaces,
    install_pair,
    install_shot,
    look_at_pairs,
    put_pair_back,
)
from watchdog.gateways.docker import DockerEngine, EngineOptions
from watchdog.gateways.one_shot import OneShots
from watchdog.gateways.program import Ended

HOST = "dash.example.com"
OURS = Authority("ours", between=True)


@dataclass
class Folders:
    """Certbot's folder with its links, and a server's."""

    shots: OneShots
    places: PairPlaces
    ssl: Path
    live: Path

    def archive(self, pair: Pair, number: int) -> None:
        """As certbot does it: files in `archive`, links to the newest in `live`."""
        archive = self.live.parents[1] / "archive" / HOST
        archive.mkdir(parents=True, exist_ok=True)
        self.live.mkdir(parents=True, exist_ok=True)
        for name, content in (("fullchain", pair.chain_pem), ("privkey", pair.key_pem)):
            file = archive / f"{name}{number}.pem"
            file.touch(mode=0o600)
            file.write_bytes(content)
            link = self.live / f"{name}.pem"
            link.unlink(missing_ok=True)
            link.symlink_to(f"../../archive/{HOST}/{file.name}")


@pytest.fixture
async def folders(real_engine: RealEngine, tmp_path: Path) -> AsyncIterator[Folders]:
    need_image(real_engine, IMAGE)
    engine = DockerEngine(EngineOptions(project=f"wdfront-{uuid.uuid4().hex[:8]}"))
    ssl, letsencrypt = tmp_path / "ssl", tmp_path / "letsencrypt"
    ssl.mkdir()
    letsencrypt.mkdir()
    # A user's folder, and a folder of root's that nobody else may open.
    os.chown(ssl, 1000, 1000)
    places = PairPlaces(lineage=HOST, letsencrypt=str(letsencrypt), folder=str(ssl))
    yield Folders(OneShots(engine, IMAGE), places, ssl, letsencrypt / "live" / HOST)
    engine.close()


def test_what_it_may_use_is_what_it_needs() -> None:
    """Certbot's folder only to read, the server's to write; no network, and no secret in the command."""
    shot = install_shot(PairPlaces(lineage=HOST, letsencrypt="/etc/letsencrypt", folder="/srv/ssl"))
    assert [(each.source, each.writable) for each in shot.lent] == [
        ("/etc/letsencrypt", False),
        ("/srv/ssl", True),
    ]
    assert (shot.network, shot.capabilities) == ("none", ("CHOWN", "DAC_OVERRIDE", "FOWNER"))
    assert shot.command[3:] == ("sh", HOST, "fullchain.pem", "privkey.pem", "/pair")


async def test_a_failure_is_told_in_the_words_of_what_failed() -> None:
    """The last line, as that says it."""
    shots = FakeShots()
    shots.endings.append(Ended(1, b"", b"cp: cannot create 'x': No space left on device\n"))
    with pytest.raises(Refused, match="No space left"):
        await install_pair(shots, PairPlaces(lineage="x", letsencrypt="/l", folder="/f"))


@pytest.mark.engine
async def test_a_pair_is_exchanged_kept_and_put_back(folders: Folders) -> None:
    """The new one complete and with its modes, the old one byte for byte as it was; put back once, not twice."""
    old = OURS.issue(HOST, begins=datetime.now(UTC) - 80 * DAY)
    new = OURS.issue(HOST)
    chain, key = old.write(folders.ssl)
    os.chown(key, 1000, 1000)
    folders.archive(new, 2)
    pairs = await look_at_pairs(folders.shots, folders.places)
    assert (pairs.newest and pairs.newest.fingerprint) == new.fingerprint
    assert (pairs.placed and pairs.placed.fingerprint) == old.fingerprint

    await install_pair(folders.shots, folders.places)

    assert (chain.read_bytes(), key.read_bytes()) == (new.chain_pem, new.key_pem)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (chain, key)] == [0o644, 0o600]
    assert key.stat().st_uid == 1000
    assert (folders.ssl / "privkey.pem.before").read_bytes() == old.key_pem

    back = await put_pair_back(folders.shots, folders.places)
    assert (back and back.fingerprint) == old.fingerprint
    assert (chain.read_bytes(), key.read_bytes()) == (old.chain_pem, old.key_pem)
    assert key.stat().st_uid == 1000
    assert await put_pair_back(folders.shots, folders.places) is None


@pytest.mark.engine
async def test_what_has_proved_itself_is_not_put_back(folders: Folders) -> None:
    """An undo that comes a week later must not bring back the certificate of last year."""
    old, new = OURS.issue(HOST), OURS.issue(HOST)
    old.write(folders.ssl)
    folders.archive(new, 2)
    await install_pair(folders.shots, folders.places)
    await look_at_pairs(folders.shots, folders.places, settle=True)
    assert await put_pair_back(folders.shots, folders.places) is None
    assert (folders.ssl / "fullchain.pem").read_bytes() == new.chain_pem


@pytest.mark.engine
async def test_cut_short_anywhere_it_can_be_put_back(folders: Folders) -> None:
    """Between the two renames the pair does not fit together: that is what the kept one is for."""
    old, new = OURS.issue(HOST), OURS.issue(HOST)
    chain, key = old.write(folders.ssl)
    folders.archive(new, 2)
    await install_pair(folders.shots, folders.places)
    chain.write_bytes(old.chain_pem)  # as if only the key had been renamed
    assert key.read_bytes() == new.key_pem
    await put_pair_back(folders.shots, folders.places)
    assert (chain.read_bytes(), key.read_bytes()) == (old.chain_pem, old.key_pem)


@pytest.mark.engine
async def test_without_a_certificate_of_certbots_nothing_is_touched(folders: Folders) -> None:
    """The pair in place stays, and the reason is told."""
    old = OURS.issue(HOST)
    chain, _ = old.write(folders.ssl)
    assert (await look_at_pairs(folders.shots, folders.places)).newest is None
    with pytest.raises(Refused, match="no certificate of the name"):
        await install_pair(folders.shots, folders.places)
    assert chain.read_bytes() == old.chain_pem
    assert sorted(each.name for each in folders.ssl.iterdir()) == ["fullchain.pem", "privkey.pem"]


@pytest.mark.engine
async def test_a_first_pair_is_put_into_an_empty_folder(folders: Folders) -> None:
    """There is none to keep, and none to put back."""
    folders.archive(OURS.issue(HOST), 1)
    await install_pair(folders.shots, folders.places)
    assert (folders.ssl / "privkey.pem").stat().st_uid == 1000
    assert await put_pair_back(folders.shots, folders.places) is None


@pytest.mark.engine
async def test_what_was_cut_short_is_not_kept_as_the_old_pair(folders: Folders) -> None:
    """Killed between two renames, then done once more: what can be put back is still the pair that was good."""
    old, new = OURS.issue(HOST), OURS.issue(HOST)
    chain, key = old.write(folders.ssl)
    folders.archive(new, 2)
    shot = install_shot(folders.places)
    killed = tuple(word.replace('mv -f "$2.new"', 'exit 9; mv -f "$2.new"') for word in shot.command)
    assert killed != shot.command
    assert (await folders.shots.run(replace(shot, command=killed))).code == 9
    assert (chain.read_bytes(), key.read_bytes()) == (old.chain_pem, new.key_pem)

    await look_at_pairs(folders.shots, folders.places, settle=True)
    await install_pair(folders.shots, folders.places)

    assert (chain.read_bytes(), key.read_bytes()) == (new.chain_pem, new.key_pem)
    await put_pair_back(folders.shots, folders.places)
    assert (chain.read_bytes(), key.read_bytes()) == (old.chain_pem, old.key_pem)


@pytest.mark.engine
async def test_on_a_full_disk_the_pair_in_place_stays_as_it_is(folders: Folders, tmp_path: Path) -> None:
    """Nothing is renamed, nothing half is left beside it, and there is nothing to put back."""
    old = OURS.issue(HOST)
    folders.archive(OURS.issue(HOST), 2)
    (tmp_path / "small").mkdir()
    with small_disk(tmp_path / "small", "ext4") as disk:
        places = replace(folders.places, folder=str(disk.folder))
        chain, key = old.write(disk.folder)
        disk.fill(leave=1024)
        with pytest.raises(Refused, match="No space left"):
            await install_pair(folders.shots, places)
        assert (chain.read_bytes(), key.read_bytes()) == (old.chain_pem, old.key_pem)
        left = {each.name for each in disk.folder.iterdir()}
        assert not {name for name in left if name.endswith((".new", ".kept"))}, left
        assert await put_pair_back(folders.shots, places) is None
        disk.free()
        await install_pair(folders.shots, places)
        assert await put_pair_back(folders.shots, places) is not None
        assert key.read_bytes() == old.key_pem


@pytest.mark.engine
@pytest.mark.parametrize("how", ["in certbot's own folder", "by a link to it"])
async def test_certbots_own_links_are_never_replaced(folders: Folders, how: str) -> None:
    """An Nginx that reads certbot's links has the newest pair already; files in their place would end all renewals."""
    new = OURS.issue(HOST)
    folders.archive(OURS.issue(HOST), 1)
    folders.archive(new, 2)
    places = replace(folders.places, folder=str(folders.live))
    if how == "by a link to it":
        places = folders.places
        for name in ("fullchain.pem", "privkey.pem"):
            (folders.ssl / name).symlink_to(f"/etc/letsencrypt/live/{HOST}/{name}")
    pairs = await look_at_pairs(folders.shots, places)
    assert (pairs.placed and pairs.placed.fingerprint) == new.fingerprint
    await install_pair(folders.shots, places)
    assert await put_pair_back(folders.shots, places) is None
    for folder in (folders.live, *((folders.ssl,) if how == "by a link to it" else ())):
        for each in folder.iterdir():
            assert each.is_symlink(), each


@pytest.mark.engine
async def test_a_link_that_leads_elsewhere_into_certbots_folder_is_left_alone(folders: Folders) -> None:
    """What is behind it is another certificate's, or cannot be seen from here."""
    old = OURS.issue(HOST)
    folders.archive(OURS.issue(HOST), 2)
    old.write(folders.ssl)
    chain = folders.ssl / "fullchain.pem"
    chain.unlink()
    chain.symlink_to("../../nowhere/fullchain1.pem")
    with pytest.raises(Refused, match="link"):
        await install_pair(folders.shots, folders.places)
    assert chain.is_symlink()
    assert (folders.ssl / "privkey.pem").read_bytes() == old.key_pem


@pytest.mark.engine
async def test_a_key_in_place_that_is_not_certbots_is_seen(folders: Folders) -> None:
    """The certificate is certbot's newest and the key beside it is another one: that pair has to be put in place anew."""
    new = OURS.issue(HOST)
    folders.archive(new, 2)
    chain, key = new.write(folders.ssl)
    assert not (await look_at_pairs(folders.shots, folders.places)).torn
    key.write_bytes(OURS.issue(HOST).key_pem)
    assert (await look_at_pairs(folders.shots, folders.places)).torn
    key.unlink()
    assert (await look_at_pairs(folders.shots, folders.places)).torn
    chain.write_bytes(OURS.issue(HOST).chain_pem)
    assert not (await look_at_pairs(folders.shots, folders.places)).torn
