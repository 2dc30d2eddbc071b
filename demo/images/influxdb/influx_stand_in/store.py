"""Where the points lie: a folder per bucket, an SQLite file per shard group, one file for what buckets there are.

So a shortened retention frees space by whole files, and a delete frees none until the file is rewritten, as
with the real one.
"""

import hashlib
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from .errors import Refused
from .lines import Row, Unsigned

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
KINDS = {bool: "boolean", int: "long", Unsigned: "unsignedLong", float: "double", str: "string"}
# The same in the words of its errors.
TYPES = {
    "boolean": "boolean",
    "long": "integer",
    "unsignedLong": "unsigned",
    "double": "float",
    "string": "string",
}
MONITORING = "_monitoring"
# Its own buckets, how long they keep, and what they say that they are for.
SYSTEM = {
    "_tasks": (3 * DAY, "System bucket for task logs"),
    MONITORING: (7 * DAY, "System bucket for monitoring logs"),
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket. `every`: its retention in seconds, 0 for ever; `shard`: how long a shard group is, in seconds."""

    id: str
    name: str
    every: int
    shard: int
    created: float
    updated: float

    @property
    def description(self) -> str:
        return SYSTEM[self.name][1] if self.name in SYSTEM else ""


def shard_length(every: int) -> int:
    """The length of a shard group that InfluxDB chooses for a retention."""
    if every and every < 2 * DAY:
        return HOUR
    return DAY if every and every < 180 * DAY else 7 * DAY


def _outside(bucket: Bucket, old: list[Row], oldest: float) -> str:
    points = sorted({(row.time, row.measurement, row.tags) for row in old})

    def dropped(which: str, point: tuple[int, str, str]) -> str:
        key = ",".join((point[1], *(f"{tag}={value}" for tag, value in json.loads(point[2]).items())))
        bound = f"violates a Retention Policy Lower Bound at {rfc3339(int(oldest))}"
        return f"{which} point {key} at {rfc3339(point[0])} dropped because it {bound}"

    return (
        f"partial write: dropped {len(points)} points outside retention policy of duration {bucket.every // HOUR}h"
        f"{bucket.every % HOUR // 60}m{bucket.every % 60}s - {dropped('oldest', points[0])}, "
        f"{dropped('newest', points[-1])} dropped={len(points)} for database: {bucket.id} for retention policy: autogen"
    )


def rfc3339(moment: int) -> str:
    """A time as InfluxDB writes it: as many digits of a second as it has, at most nine."""
    seconds, rest = divmod(moment, NANO)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{whole}{fraction}Z"


class Broken(Exception):  # noqa: N818 - it is an answer, like any other
    """A shard group that met a full disk. Its text is that of InfluxDB, which names its write-ahead log."""

    def __init__(self, path: Path, bucket: Bucket, where: str) -> None:
        wal = f"/var/lib/influxdb2/engine/wal/{bucket.id}/autogen/{path.stem}/_00001.wal"
        super().__init__(f"{where}write {wal}: no space left on device")
        self.path = path


class Store:
    """All buckets and their points."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "engine" / "data"
        self._data.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._meta = self._open(folder / "influxd.sqlite", META)
        self._shards: dict[Path, sqlite3.Connection] = {}
        self._memory: dict[str, sqlite3.Connection] = {}
        # The type of each field of each measurement in each shard group that was written to.
        self._kinds: dict[tuple[Path, str, str], str] = {}

    # --- what it was set up with ---

    def set_up(self, org: str, token: str) -> bool:
        """Keep organisation and token, at the first start only: later ones change nothing, as with the real one."""
        with self._writing(self._meta):
            if self._meta.execute("SELECT 1 FROM setup").fetchone():
                return False
            kept = (org, secrets.token_hex(8), self._digest(token))
            self._meta.execute("INSERT INTO setup VALUES (?, ?, ?)", kept)
        for name, (every, _) in SYSTEM.items():
            self._insert_bucket(name, every, DAY)
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
        if name.startswith("_"):
            raise Refused("invalid", f"bucket name {name} is invalid. Buckets may not start with underscore")
        if '"' in name:
            raise Refused(
                "invalid", f"bucket name {name} is invalid. Bucket names may not include quotation marks"
            )
        if any(known.name == name for known in self.buckets()):
            raise Refused("conflict", f"bucket with name {name} already exists")
        self._check_retention(every)
        # A shorter shard group than the shortest retention is made as long.
        shard = max(shard, SHORTEST_RETENTION) if shard else shard_length(every)
        if 0 < every < shard:
            longer = "retention policy duration must be greater than the shard duration"
            raise Refused("internal error", longer)
        return self._insert_bucket(name, every, shard)

    def _insert_bucket(self, name: str, every: int, shard: int) -> Bucket:
        now = time.time()
        bucket = Bucket(secrets.token_hex(8), name, every, shard, now, now)
        with self._writing(self._meta):
            values = (bucket.id, name, every, bucket.shard, now, now)
            self._meta.execute("INSERT INTO buckets VALUES (?, ?, ?, ?, ?, ?)", values)
        return bucket

    def change(self, bucket: Bucket, every: int | None, shard: int = 0) -> Bucket:
        """Another retention; what falls out of it is dropped at the next enforcement, by whole shard groups."""
        self._check_retention(every or 0)
        changed = replace(
            bucket,
            every=bucket.every if every is None else every,
            shard=shard or bucket.shard,
            updated=time.time(),
        )
        if 0 < changed.every < changed.shard:
            shorter = "shard-group duration must also be updated to be smaller than new retention duration"
            raise Refused("unprocessable entity", shorter)
        with self._writing(self._meta):
            values = (changed.every, changed.shard, changed.updated, bucket.id)
            self._meta.execute("UPDATE buckets SET every = ?, shard = ?, updated = ? WHERE id = ?", values)
        return changed

    @staticmethod
    def _check_retention(every: int) -> None:
        if every < 0:
            raise Refused("unprocessable entity", "expiration seconds cannot be negative")
        if 0 < every < SHORTEST_RETENTION:
            raise Refused("internal error", "retention policy duration must be at least 1h0m0s")

    # --- points ---

    def write(self, bucket: Bucket, rows: list[Row], broken: set[Path]) -> str:
        """Keep these; what could not be kept of them, in InfluxDB's words, "" for all.

        Raises `Broken` for shard groups that a full disk broke: `broken`, and those that it breaks now.
        """
        oldest = (time.time() - bucket.every) * NANO if bucket.every else float("-inf")
        old, by_shard, said = [], {}, ""
        for row in rows:
            if row.time < oldest:
                old.append(row)
            else:
                by_shard.setdefault(row.time // NANO // bucket.shard * bucket.shard, []).append(row)
        for start, kept in by_shard.items():
            path = self._data / bucket.id / f"{start}.sqlite"
            if path in broken:
                raise Broken(path, bucket, "engine: error writing WAL entry: ")
            fitting, conflict = self._fitting(path, kept)
            said = said or conflict
            try:
                self._insert(self._connection(path), fitting)
            except (sqlite3.OperationalError, OSError) as error:
                if "full" in str(error) or "no space left" in str(error).lower():
                    raise Broken(path, bucket, "engine: ") from None
                raise
        return said or (_outside(bucket, old, oldest) if old else "")

    def path_of(self, bucket: Bucket, row: Row) -> Path:
        """Where a point lies: the file of its shard group."""
        return self._data / bucket.id / f"{row.time // NANO // bucket.shard * bucket.shard}.sqlite"

    def _fitting(self, path: Path, rows: list[Row]) -> tuple[list[Row], str]:
        """Those whose fields have the type that they have in this shard group already, and what is said of the rest."""
        fitting, conflicting, said = [], set(), ""
        for row in rows:
            field, kind = (path, row.measurement, row.field), KINDS[type(row.value)]
            known = self._kinds.get(field) or (self._kind_of(*field) if path.exists() else None) or kind
            self._kinds[field] = known
            if known == kind:
                fitting.append(row)
                continue
            conflicting.add((row.measurement, row.tags, row.time))
            said = said or (
                f'partial write: field type conflict: input field "{row.field}" on measurement "{row.measurement}" '
                f"is type {TYPES[kind]}, already exists as type {TYPES[known]}"
            )
        return fitting, f"{said} dropped={len(conflicting)}" if said else ""

    def _kind_of(self, path: Path, measurement: str, field: str) -> str | None:
        query = "SELECT kind FROM rows WHERE measurement = ? AND field = ? LIMIT 1"
        with self._lock:
            found = self._connection(path).execute(query, (measurement, field)).fetchone()
        return found[0] if found else None

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

    def remove(self, bucket: Bucket) -> None:
        """The bucket, and all its points."""
        for _, path in self._files(bucket, -(2**63), 2**63 - 1):
            with self._lock:
                self._close(path)
                path.unlink()
        with self._writing(self._meta):
            self._meta.execute("DELETE FROM buckets WHERE id = ?", (bucket.id,))

    def delete(self, bucket: Bucket, start: int, stop: int, wanted: list[tuple[str, str, str]]) -> None:
        """Remove rows in start <= time <= stop whose tags (or `_measurement`) are (or are not) so.

        Frees no space yet: with the real one that takes seconds, until it has rewritten its files.
        """
        conditions, values = ["time >= ? AND time <= ?"], [start, stop]
        for name, sign, value in wanted:
            column = "measurement" if name == "_measurement" else "coalesce(json_extract(tags, ?), '')"
            conditions.append(f"{column} {sign} ?")
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
        self._kinds = {field: kind for field, kind in self._kinds.items() if field[0] != path}

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
