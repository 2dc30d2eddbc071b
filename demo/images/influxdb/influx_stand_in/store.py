"""Where the points lie: a folder per bucket, an SQLite file per shard group, one file for what buckets there are.

So a shortened retention frees space by whole files, and a delete frees none until the file is rewritten, as
with the real one.
"""

import hashlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import Refused
from .lines import Row

HOUR, DAY = 3600, 86400
NANO = 10**9
SHORTEST_RETENTION = HOUR
META = """
CREATE TABLE IF NOT EXISTS setup (org TEXT, org_id TEXT, token TEXT);
CREATE TABLE IF NOT EXISTS buckets (
    id TEXT PRIMARY KEY, name TEXT UNIQUE, every INTEGER, shard INTEGER, created REAL, updated REAL);
"""
SHARD = """
CREATE TABLE IF NOT EXISTS rows (
    measurement TEXT, tags TEXT, field TEXT, time INTEGER, kind TEXT, value,
    PRIMARY KEY (measurement, tags, field, time)) WITHOUT ROWID;
"""
KINDS = {bool: "boolean", int: "long", float: "double", str: "string"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket. `every`: its retention in seconds, 0 for ever; `shard`: how long a shard group is, in seconds."""

    id: str
    name: str
    every: int
    shard: int
    created: float
    updated: float


def shard_length(every: int) -> int:
    """The length of a shard group that InfluxDB chooses for a retention."""
    if every and every < 2 * DAY:
        return HOUR
    return DAY if every and every <= 180 * DAY else 7 * DAY


class Store:
    """All buckets and their points."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "engine" / "data"
        self._data.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._meta = self._open(folder / "influxd.sqlite", META)
        self._shards: dict[Path, sqlite3.Connection] = {}
        self._memory: dict[str, sqlite3.Connection] = {}

    # --- what it was set up with ---

    def set_up(self, org: str, token: str) -> bool:
        """Keep organisation and token, at the first start only: later ones change nothing, as with the real one."""
        with self._writing(self._meta):
            if self._meta.execute("SELECT 1 FROM setup").fetchone():
                return False
            kept = (org, secrets.token_hex(8), self._digest(token))
            self._meta.execute("INSERT INTO setup VALUES (?, ?, ?)", kept)
        return True

    def organisation(self) -> tuple[str, str]:
        """Its name and its id."""
        with self._lock:
            return self._meta.execute("SELECT org, org_id FROM setup").fetchone() or ("", "")

    def accepts(self, token: str) -> bool:
        """Whether this is the token of the setup."""
        with self._lock:
            (kept,) = self._meta.execute("SELECT token FROM setup").fetchone()
        return secrets.compare_digest(kept, self._digest(token))

    # --- buckets ---

    def buckets(self) -> list[Bucket]:
        """All of them, by name."""
        with self._lock:
            return [Bucket(*row) for row in self._meta.execute("SELECT * FROM buckets ORDER BY name")]

    def create(self, name: str, every: int, shard: int = 0) -> Bucket:
        """A new bucket."""
        if any(known.name == name for known in self.buckets()):
            raise Refused("conflict", f"bucket with name {name} already exists")
        now = time.time()
        self._check_retention(every)
        bucket = Bucket(secrets.token_hex(8), name, every, shard or shard_length(every), now, now)
        with self._writing(self._meta):
            values = (bucket.id, name, every, bucket.shard, now, now)
            self._meta.execute("INSERT INTO buckets VALUES (?, ?, ?, ?, ?, ?)", values)
        return bucket

    def change(self, bucket: Bucket, every: int, shard: int = 0) -> Bucket:
        """Another retention; what falls out of it is dropped at the next enforcement, by whole shard groups."""
        self._check_retention(every)
        changed = replace(bucket, every=every, shard=shard or bucket.shard, updated=time.time())
        with self._writing(self._meta):
            values = (changed.every, changed.shard, changed.updated, bucket.id)
            self._meta.execute("UPDATE buckets SET every = ?, shard = ?, updated = ? WHERE id = ?", values)
        return changed

    @staticmethod
    def _check_retention(every: int) -> None:
        if 0 < every < SHORTEST_RETENTION:
            raise Refused(
                "unprocessable entity", "expiration seconds must be greater than or equal to one hour"
            )

    # --- points ---

    def write(self, bucket: Bucket, rows: list[Row]) -> int:
        """Keep these; how many were dropped because the bucket's retention is over for them."""
        oldest = (time.time() - bucket.every) * NANO if bucket.every else float("-inf")
        dropped, by_shard = 0, {}
        for row in rows:
            if row.time < oldest:
                dropped += 1
            else:
                by_shard.setdefault(row.time // NANO // bucket.shard * bucket.shard, []).append(row)
        for start, kept in by_shard.items():
            shard = self._shard(bucket, start)
            self._insert(shard, kept)
        return dropped

    def remember(self, bucket: Bucket, rows: list[Row]) -> None:
        """Keep these in memory only: they are answered with, and gone with the process."""
        with self._lock:
            if bucket.id not in self._memory:
                self._memory[bucket.id] = self._open(":memory:", SHARD)
            self._insert(self._memory[bucket.id], rows)

    def read(self, bucket: Bucket, start: int, stop: int, equal: Mapping[str, str]) -> Iterator[tuple]:
        """The rows with start <= time < stop; `equal` narrows columns `measurement` and `field`."""
        where = "".join(f" AND {column} = :{column}" for column in equal)
        query = f"SELECT * FROM rows WHERE time >= :start AND time < :stop{where} ORDER BY 1, 2, 3, 4"
        for _, path in self._files(bucket, start, stop):
            with self._lock:
                found = (
                    self._connection(path).execute(query, {"start": start, "stop": stop, **equal}).fetchall()
                )
            yield from found
        with self._lock:
            shard = self._memory.get(bucket.id)
            found = shard.execute(query, {"start": start, "stop": stop, **equal}).fetchall() if shard else []
        yield from found

    def delete(self, bucket: Bucket, start: int, stop: int, equal: Mapping[str, str]) -> None:
        """Remove rows in start <= time <= stop whose tags (or `_measurement`) are equal; frees no space yet."""
        conditions, values = ["time >= ? AND time <= ?"], [start, stop]
        for name, value in equal.items():
            conditions.append("measurement = ?" if name == "_measurement" else "json_extract(tags, ?) = ?")
            values += [value] if name == "_measurement" else [f'$."{name}"', value]
        for _, path in self._files(bucket, start, stop + 1):
            shard = self._connection(path)
            with self._writing(shard):
                shard.execute(f"DELETE FROM rows WHERE {' AND '.join(conditions)}", values)

    def enforce_retention(self) -> list[str]:
        """Drop the shard groups that are out of their bucket's retention, rewrite the others; what was dropped."""
        dropped = []
        for bucket in self.buckets():
            for start, path in self._files(bucket, 0, 2**63 - 1):
                with self._lock:
                    if bucket.every and start + bucket.shard < time.time() - bucket.every:
                        self._close(path)
                        path.unlink()
                        dropped.append(f"{bucket.name}/{path.stem}")
                    else:
                        self._connection(path).execute("VACUUM")
        return dropped

    # --- parts ---

    def _insert(self, shard: sqlite3.Connection, rows: list[Row]) -> None:
        with self._writing(shard):
            shard.executemany(
                "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?)",
                [(r.measurement, r.tags, r.field, r.time, KINDS[type(r.value)], r.value) for r in rows],
            )

    def _shard(self, bucket: Bucket, start: int) -> sqlite3.Connection:
        return self._connection(self._data / bucket.id / f"{start}.sqlite")

    def _files(self, bucket: Bucket, start: int, stop: int) -> list[tuple[int, Path]]:
        """The shard groups that overlap [start, stop), oldest first, with their first second."""
        found = sorted((int(path.stem), path) for path in (self._data / bucket.id).glob("*.sqlite"))
        # A shard that was made under another length reaches to the next one at most.
        longest = max(bucket.shard, 7 * DAY)
        return [(at, path) for at, path in found if (at + longest) * NANO > start and at * NANO < stop]

    def _connection(self, path: Path) -> sqlite3.Connection:
        with self._lock:
            if path not in self._shards:
                path.parent.mkdir(exist_ok=True)
                self._shards[path] = self._open(path, SHARD)
            return self._shards[path]

    def _close(self, path: Path) -> None:
        if connection := self._shards.pop(path, None):
            connection.close()

    @staticmethod
    def _open(path: Path | str, schema: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # A killed process loses nothing; only a machine that loses its power would.
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(schema)
        return connection

    @contextmanager
    def _writing(self, connection: sqlite3.Connection) -> Iterator[None]:
        with self._lock, closing(connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield
                cursor.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    cursor.execute("ROLLBACK")
                raise

    @staticmethod
    def _digest(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self._data.rglob("*.sqlite"))
