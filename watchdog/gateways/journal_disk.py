"""Where the journal's transactions end up: on the disk, with the help of the reserve, or in memory until it takes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from watchdog.core.durability import Durability, Opening, Store
from watchdog.core.errors import DamagedJournal, JournalError
from watchdog.core.moment import Moment
from watchdog.gateways.journal_backlog import Backlog, Group, redo
from watchdog.gateways.journal_claim import Claim
from watchdog.gateways.journal_damage import carry_over, set_aside
from watchdog.gateways.journal_opening import is_shared, open_database, open_in_memory
from watchdog.gateways.journal_reserve import FEWEST_PAGES, Reserve
from watchdog.gateways.journal_trouble import is_damage_at_start, is_no_room, words_of

# Of what is to be written back, the space that must be there before it is tried; of the log, some pages.
_ROOM, _TIMES = 256 << 10, 4


class JournalDisk:
    """The claimed file, or what stands for it. For the journal's thread only.

    A transaction that a full or failing disk does not take is tried again with the space of the reserve. If
    that does not help it is kept in memory: in one long transaction of SQLite, so that everything is read as if
    it were written, and in a backlog, to be done once more if that long one in turn cannot be committed.

    Attributes:
        connection: for what is done inside a transaction, and for reading.
        opening: in what state the journal was found.
        durability: where writes go now.
    """

    connection: sqlite3.Connection

    def __init__(
        self,
        path: Path,
        now: Callable[[], Moment],
        reserve: Reserve | None = None,
        backlog: Backlog | None = None,
    ) -> None:
        """Claim the journal at `path`. Raises JournalError when another watchdog has it, OSError."""
        self._path = path
        self._now = now
        self._reserve = reserve or Reserve(path)
        self._backlog = backlog or Backlog()
        # Whether the long transaction is open: what is in memory only.
        self._held = False
        # Whether there is no file at all yet; and what a damaged one left, to be taken over into it.
        self._homeless = False
        self._aside: Path | None = None
        self.durability = Durability()
        self.opening = Opening()
        self._claim = Claim(path)

    def open(self, believe: Callable[[], None]) -> None:
        """Have a connection: to the journal, to a fresh one in its place, or to none on a disk that takes none.

        `believe` raises DamagedJournal when what it reads makes no sense.

        Raises:
            JournalError, OSError, sqlite3.Error: it cannot be opened; then nothing is claimed any more.
        """
        try:
            self.opening = self._open(believe)
        except BaseException:
            self._leave()
            self._claim.close()
            raise
        if not self._homeless:
            self._claim.clear()
            self._bound_log(self._reserve.log_pages())
            if not self._reserve.make():
                self._stand(Store.RESERVE, "the disk has no space to set aside")

    def begin(self) -> None:
        """Begin a transaction."""
        if self.durability.store is Store.BROKEN:
            raise DamagedJournal(self.durability.reason)
        self.look()
        if self.durability.store is Store.MEMORY:
            self.connection.execute("SAVEPOINT decision")
        else:
            self.connection.execute("BEGIN IMMEDIATE")

    def look(self) -> None:
        """Have everything there to be read, also what is in memory only."""
        if self.durability.store is Store.MEMORY:
            self._hold()

    def end(self, group: Group) -> None:
        """End a transaction that did these statements: they are kept, on the disk if that takes them."""
        if self.durability.store is Store.MEMORY:
            self._backlog.add(group)
            self.connection.execute("RELEASE decision")
            return
        try:
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            if not is_no_room(error):
                raise
            self.undo()
            self._make_do(group, error)

    def undo(self) -> None:
        """Take the transaction back, if one is open."""
        # SQLite itself has rolled back already after some errors (a full disk).
        if not self.connection.in_transaction:
            self._held = False
        elif self._held:
            with suppress(sqlite3.OperationalError):  # there is none when it failed before it began
                self.connection.execute("ROLLBACK TO decision")
                self.connection.execute("RELEASE decision")
        else:
            self.connection.execute("ROLLBACK")

    def found_damaged(self, error: sqlite3.Error) -> None:
        """It was found damaged in use: nothing it says is believed any more, and the next start sets it aside."""
        if self.durability.store is not Store.BROKEN:
            self._claim.mark_damage(words_of(error))
            self._stand(Store.BROKEN, words_of(error))

    def try_again(self) -> None:
        """Write what is in memory only, and set the reserve aside again, as far as the disk lets us now.

        Raises:
            sqlite3.Error, OSError: something else than the disk is in the way.
        """
        if self.durability.store is Store.MEMORY:
            self._write_back()
        if self.durability.store is Store.RESERVE and self._reserve.plenty() and self._reserve.make():
            if not is_shared(self.connection):
                self.connection.close()
                self.connection = open_database(self._path)
            self._bound_log(self._reserve.log_pages())
            self._stand(Store.DISK, "")

    def close(self) -> None:
        """Write what is in memory only if that can be done, close the file and give up the claim."""
        try:
            if self.durability.store is Store.MEMORY:
                with suppress(sqlite3.Error, OSError, JournalError):
                    self._write_back()
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self.connection.close()
        finally:
            self._claim.close()

    # --- parts ---

    def _open(self, believe: Callable[[], None]) -> Opening:
        lost = self._claim.lost_since
        try:
            self.connection = self._open_with_room(thorough=bool(self._claim.damage))
            believe()
        except (DamagedJournal, sqlite3.Error) as error:
            if isinstance(error, sqlite3.Error) and not is_damage_at_start(error):
                raise
            if not self._path.exists():
                return Opening(lost_since=lost)  # there was none, and none can be made yet
            damage = words_of(error)
            self._leave()
        else:
            return Opening(lost_since=lost)
        self._aside = set_aside(self._path, self._now().wall)
        self.connection = self._open_with_room()
        carried = carry_over(self._aside, self.connection)
        return Opening(damage=damage, set_aside=self._aside.name, carried=carried, lost_since=lost)

    def _open_with_room(self, *, thorough: bool = False) -> sqlite3.Connection:
        try:
            return open_database(self._path, thorough=thorough)
        except (sqlite3.Error, OSError) as error:
            if not is_no_room(error):
                raise
            self._reserve.release()
        try:
            return open_database(self._path, thorough=thorough)
        except (sqlite3.Error, OSError) as error:
            if self._path.exists() or not is_no_room(error):
                raise
            self._stand(Store.MEMORY, words_of(error))
            self._homeless = True
            return open_in_memory()

    def _leave(self) -> None:
        with suppress(AttributeError, sqlite3.Error):  # there may be none yet
            self.connection.close()

    def _make_do(self, group: Group, error: sqlite3.Error) -> None:
        """The disk did not take a transaction: with less waste, with the reserve, or in memory."""
        if self._empty_log() and self._again(group):
            return
        if self._reserve.release():
            self._bound_log(FEWEST_PAGES)
            self._empty_log()
            if self._again(group):
                self._stand(Store.RESERVE, words_of(error))
                return
        self._stand(Store.MEMORY, words_of(error))
        self.begin()
        redo(self.connection, group)
        self.end(group)

    def _again(self, group: Group) -> bool:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            redo(self.connection, group)
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self.undo()
            if not is_no_room(error):
                raise
            return False
        return True

    def _hold(self) -> None:
        """Have the long transaction open, with all that is in memory only."""
        if self._held:
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            self._backlog.replay(self.connection)
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise
        self._held = True

    def _write_back(self) -> None:
        if not self._reserve.room(_ROOM + _TIMES * self._backlog.size):
            return
        try:
            if self._homeless:
                self._settle_down()
            self._hold()
            self.connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            self._held = self._held and self.connection.in_transaction
            if not is_no_room(error):
                raise
            return
        self._held = False
        self._backlog.clear()
        self._claim.clear()
        self._stand(Store.RESERVE, "the disk takes what is written again, and has no space to set aside yet")

    def _settle_down(self) -> None:
        """Make the file that could not be made at the start; on the same rows the same is written again."""
        found = open_database(self._path)
        if self._aside is not None:
            carry_over(self._aside, found)
        self.connection.close()
        self.connection, self._homeless, self._held = found, False, False

    def _bound_log(self, pages: int) -> None:
        self.connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")

    def _empty_log(self) -> bool:
        """Have the log begin anew, so that its own space can be used again."""
        try:
            (busy, *_) = self.connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        except sqlite3.Error:
            return False
        return not busy

    def _stand(self, store: Store, reason: str) -> None:
        since = self._now()
        self.durability = Durability(store=store, since=since if reason else None, reason=reason)
        if store is Store.MEMORY:
            self._claim.mark_memory(since.wall.isoformat(timespec="seconds"))
