from pathlib import Path

import pytest

from tests.gateways.small_disk import MIB, small_disk
from watchdog.gateways.journal_reserve import FEWEST_PAGES, SIZE, Reserve


def test_the_space_is_really_taken_and_given_back(tmp_path: Path) -> None:
    """Not a promise: the blocks are on the disk until they are needed."""
    reserve, file = Reserve(tmp_path / "journal.db"), tmp_path / "journal.db.ballast"

    assert reserve.make()
    assert reserve.make()
    assert file.stat().st_blocks * 512 >= SIZE
    assert file.stat().st_mode & 0o077 == 0
    assert reserve.release()
    assert not reserve.release()
    assert not file.exists()


def test_half_a_reserve_is_made_whole(tmp_path: Path) -> None:
    """What a crash or a person left of it is not taken for all of it."""
    file = tmp_path / "journal.db.ballast"
    file.write_bytes(b"half")

    assert Reserve(tmp_path / "journal.db").make()

    assert file.stat().st_size == SIZE


def test_without_space_nothing_is_left_lying_about(tmp_path: Path) -> None:
    """A reserve that does not fit takes nothing: the last bytes are somebody else's."""
    with small_disk(tmp_path, "tmpfs") as disk:
        reserve = Reserve(disk.folder / "journal.db")
        disk.fill(leave=64 << 10)

        assert not reserve.make()
        assert not reserve.plenty()
        assert reserve.room(32 << 10)
        assert not reserve.room(MIB)
        assert [file.name for file in disk.folder.iterdir()] == ["another program's"]


@pytest.mark.parametrize(("size", "pages"), [(MIB, FEWEST_PAGES), (64 * MIB, 1000)])
def test_a_small_disk_is_mostly_left_alone(tmp_path: Path, size: int, pages: int) -> None:
    """An eighth of it at most; and the log is emptied sooner where there is little space."""
    with small_disk(tmp_path, "tmpfs", size) as disk:
        reserve = Reserve(disk.folder / "journal.db")
        assert reserve.make()
        assert (disk.folder / "journal.db.ballast").stat().st_size == min(SIZE, size // 8)
        assert reserve.log_pages() == pages


def test_a_folder_that_is_gone_gives_no_reserve(tmp_path: Path) -> None:
    """That is no error of its own: what is written says it."""
    reserve = Reserve(tmp_path / "gone" / "journal.db")

    assert not reserve.make()
    assert not reserve.plenty()
