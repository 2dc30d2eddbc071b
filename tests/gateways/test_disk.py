"""Disks: what is free, and the ballast."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from tests.gateways.small_disk import MIB, small_disk
from watchdog.core.disk import Room
from watchdog.core.errors import Misconfigured, Refused, Unreachable
from watchdog.gateways.disk import BALLAST, DiskGateway


async def test_a_disk_says_what_programs_may_still_use(tmp_path: Path) -> None:
    """As `df` has it."""
    room = await DiskGateway().room(str(tmp_path))
    seen = os.statvfs(tmp_path)
    assert room.used + room.free > 0
    assert abs(room.free - seen.f_bavail * seen.f_frsize) < 512 * MIB


async def test_a_path_that_is_not_there_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    """In a container it was not mounted: nothing is known of the disk."""
    with pytest.raises(Misconfigured, match="is not there"):
        await DiskGateway().room(str(tmp_path / "missing"))


async def test_a_disk_that_hangs_does_not_blind_us_for_the_others() -> None:
    """A dead network share swallows every question: each time it is unknown, and the others are seen all the time."""
    dead = threading.Event()

    def look(path: str) -> Room:
        if path == "/dead":
            dead.wait(30)
        return Room(used=1, free=1)

    gateway = DiskGateway(look=look, ask_within=0.05)
    try:
        for _ in range(8):
            with pytest.raises(Unreachable):
                await gateway.room("/dead")
            assert (await gateway.room("/fine")).free == 1
        with pytest.raises(Unreachable, match="circuit open"):
            await gateway.room("/dead")
    finally:
        dead.set()


async def test_a_ballast_that_takes_no_space_is_none(tmp_path: Path) -> None:
    """A file with a hole for all of its length, and a link to a large one, would free nothing."""
    with (tmp_path / BALLAST).open("wb") as hole:
        hole.truncate(8 * MIB)
    assert await DiskGateway().ballast(str(tmp_path)) == 0
    await DiskGateway().make_ballast(str(tmp_path), str(tmp_path), 8 * MIB)
    assert await DiskGateway().ballast(str(tmp_path)) == 8 * MIB
    (tmp_path / BALLAST).rename(tmp_path / "large")
    (tmp_path / BALLAST).symlink_to(tmp_path / "large")
    assert await DiskGateway().ballast(str(tmp_path)) == 0


async def test_a_path_that_may_not_be_looked_at_is_a_mistake(tmp_path: Path) -> None:
    """A human has to allow it: nobody else will."""

    def refused(path: str) -> Room:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(Misconfigured, match="Permission denied"):
        await DiskGateway(look=refused).room("/locked")


async def test_the_ballast_takes_its_space_and_gives_it_back(tmp_path: Path) -> None:
    """Really, on the disk; nobody else may read it, and both can be done twice."""
    with small_disk(tmp_path, "ext4", 16 * MIB) as disk:
        gateway, folder = DiskGateway(), str(disk.folder)
        before = await gateway.room(folder)
        await gateway.make_ballast(folder, folder, 4 * MIB)
        made = await gateway.room(folder)
        assert await gateway.ballast(folder) == 4 * MIB
        assert before.free - made.free >= 4 * MIB
        assert stat.S_IMODE((disk.folder / BALLAST).stat().st_mode) == 0o600
        assert await gateway.release_ballast(folder) == 4 * MIB
        assert await gateway.release_ballast(folder) == 0
        assert (await gateway.room(folder)).free == before.free


async def test_a_disk_without_the_space_keeps_nothing_of_it(tmp_path: Path) -> None:
    """No half of a ballast is left behind."""
    with small_disk(tmp_path, "ext4", 16 * MIB) as disk:
        gateway, folder = DiskGateway(), str(disk.folder)
        disk.fill(leave=2 * MIB)
        with pytest.raises(Refused, match="No space left"):
            await gateway.make_ballast(folder, folder, 4 * MIB)
        assert not (disk.folder / BALLAST).exists()


async def test_a_folder_on_another_disk_or_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    """A ballast there would free nothing."""
    with small_disk(tmp_path, "tmpfs", 4 * MIB) as disk:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        with pytest.raises(Misconfigured, match="is not on the disk of"):
            await DiskGateway().make_ballast(str(disk.folder), str(elsewhere), MIB)
    with pytest.raises(Misconfigured, match="no ballast can be kept"):
        await DiskGateway().make_ballast(str(tmp_path), str(tmp_path / "missing"), MIB)


async def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    """Nobody has our ballast written over another file."""
    precious = tmp_path / "precious"
    precious.write_text("kept", encoding="ascii")
    (tmp_path / BALLAST).symlink_to(precious)
    with pytest.raises(Misconfigured):
        await DiskGateway().make_ballast(str(tmp_path), str(tmp_path), MIB)
    assert precious.read_text(encoding="ascii") == "kept"
    await DiskGateway().release_ballast(str(tmp_path))
    assert precious.exists()


async def test_a_text_is_kept_and_dropped(tmp_path: Path) -> None:
    """On the disk, for us only."""
    gateway = DiskGateway()
    path = await gateway.keep(str(tmp_path), "influxdb-markets.lp", "price value=1 1\n")
    kept = tmp_path / "influxdb-markets.lp"
    assert path == str(kept)
    assert kept.read_text(encoding="utf-8") == "price value=1 1\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    (tmp_path / "influxdb-link.lp").symlink_to("/etc/hostname")
    assert await gateway.kept(str(tmp_path), "influxdb-*.lp") == {path: "price value=1 1\n"}
    assert await gateway.kept(str(tmp_path / "missing"), "*") == {}
    await gateway.drop(path)
    await gateway.drop(path)
    assert not kept.exists()
    with pytest.raises(Refused, match="cannot be written"):
        await gateway.keep(str(tmp_path / "missing"), "x", "y")
