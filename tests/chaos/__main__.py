"""Runs chaos: `python -m tests.chaos [--seed N] [--minutes M]`. Exit code 1 when a promise was broken."""

from __future__ import annotations

import argparse
import pickle
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from tests.chaos.invariants import judge
from tests.chaos.people import People
from tests.chaos.receiver import Receiver
from tests.chaos.record import Record, Rules, Span
from tests.chaos.report import report
from tests.chaos.schedule import APIS, KEPT, NEEDS, PLAIN, PROBED, SERVICES, make_schedule
from tests.chaos.witness import count_untold, read_journal, read_losses
from tests.scenarios.daemon import Daemon
from tests.scenarios.engine_log import EngineLog
from tests.scenarios.proxy import EngineProxy
from tests.scenarios.stage import Failed, Stage
from watchdog.core.notification import Telling

HERE = Path(__file__).parent
KEPT_IN = HERE.parents[1] / ".run" / "chaos"
RULES = Rules(
    services=SERVICES,
    engine_restarts=frozenset(KEPT),
    needs=NEEDS,
    sweep=5.0,
    at_once=4,
    actions=30,
    window=60.0,
    waits=(0.0, 1.0, 2.0, 4.0, 8.0),
    forget_after=30.0,
)
# People who do something side by side.
SIDE_BY_SIDE = 4
PROGRESS = 10.0
# After the last fault: until all is at rest, and all is told.
RESTS_WITHIN = 30.0


def services() -> str:
    """The services of the compose file."""
    kinds = {**dict.fromkeys((*PLAIN, *KEPT), "plain"), **dict.fromkeys((*PROBED, "db", "web"), "probed")}
    kinds |= dict.fromkeys(APIS, "api")
    more = {name: f"\n    depends_on: [{', '.join(needs)}]" for name, needs in NEEDS.items()}
    more |= dict.fromkeys(KEPT, "\n    restart: unless-stopped")
    return "\n".join(
        f"  {name}:\n    <<: *{kinds[name]}\n    environment: {{NAME: {name}}}{more.get(name, '')}"
        for name in SERVICES
    )


@contextmanager
def staged(work: Path) -> Iterator[Stage]:
    """The files of a run, and its stage; all that was started is removed at the end."""
    project = f"wd-chaos-{time.time_ns() % 10**9}"
    filled = {
        "{project}": project,
        "{work}": str(work),
        "{services}": services(),
        "{tellings}": ", ".join(telling.value for telling in Telling),
    }
    outside, playbooks = work / "outside", work / "playbooks"
    outside.mkdir(mode=0o777)
    playbooks.mkdir()
    shutil.copy(HERE / "playbook.yml", playbooks / "container-crash.yml")
    shutil.copy(HERE / "program.sh", outside / "program")
    for name in ("compose.yml", "watchdog.yml"):
        text = (HERE / name).read_text(encoding="utf-8")
        for mark, value in filled.items():
            text = text.replace(mark, value)
        (work / name).write_text(text, encoding="utf-8")
    stage = Stage(name="chaos", work=work, project=project, daemon=Daemon(work), engine=EngineLog(project))
    try:
        yield stage
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who presses Ctrl-C twice leaves nothing behind either
        stage.close()
        if stage.containers():  # the second Ctrl-C met the command that removes them
            stage.close()


def run(seed: int, seconds: float, stage: Stage, say: Callable[[str], None]) -> Record:
    """One run; the record of it."""
    schedule = make_schedule(seed, seconds)
    say(f"{len(SERVICES)} containers are started")
    stage.up()
    with Receiver() as receiver, EngineProxy(stage.work / "engine.sock") as proxy:
        stage.daemon.environment["WATCHDOG_WEBHOOK_URL"] = receiver.url("/told")
        people = People(stage, proxy, receiver)
        people.start_daemon()
        stage.watching(*SERVICES, within=40)
        begun = stage.mark()
        say(f"{len(schedule)} faults in {seconds:.0f} s")
        over = Event()
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            try:
                next_word = begun + PROGRESS
                for planned in schedule:
                    while (left := begun + planned.at - time.time()) > 0:
                        over.wait(min(left, PROGRESS))
                        if time.time() >= next_word:
                            say(progress(people, stage))
                            next_word += PROGRESS
                    pool.submit(people.carry_out, planned)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        say(f"{progress(people, stage)}; no more faults")
        people.settle()
        rest = settled(stage)
        ended = stage.mark()
        code = people.end_daemon()
        if code:
            raise Failed(f"the daemon ended with {code}")
        lost, unknown = read_losses(stage.daemon.log(), ended)
        written = read_journal(stage.daemon.state / "journal.db")
        return Record(
            rules=RULES,
            span=Span(begun, ended),
            events=tuple(stage.engine.all()),
            faults=tuple(sorted(people.faults, key=lambda fault: fault.at)),
            hands=tuple(sorted(people.hands, key=lambda hand: hand.span.begun)),
            lives=tuple(people.lives),
            births=tuple(people.births),
            closed=tuple(people.closed),
            lost=lost,
            unknown=unknown,
            windows=tuple(people.windows),
            incidents=written.incidents,
            steps=written.steps,
            notes=written.notes,
            refusals=written.refusals,
            posts=tuple(receiver.posts()),
            held=written.held,
            rest=rest,
        )


def progress(people: People, stage: Stage) -> str:
    """How it goes."""
    answer = stage.daemon.ask("/status", patience=1.0)
    rows = answer["targets"] if answer is not None else []
    how = f"{sum(bool(row['incident']) for row in rows)} in trouble" if rows else "no daemon"
    done = sum(fault.done for fault in people.faults)
    return f"{done} faults, {len(people.hands)} by people; {how}; {len(stage.engine.all())} events"


def settled(stage: Stage) -> dict[str, tuple[str, str]]:
    """Wait until nothing goes on any more, and everything is told; how each target stands then."""
    deadline = time.monotonic() + RESTS_WITHIN
    while True:
        answer = stage.daemon.ask("/status") or {"targets": []}
        rows = answer["targets"]
        restless = [row["target"] for row in rows if row["state"] in ("acting", "verifying", "open")]
        untold = count_untold(stage.daemon.state / "journal.db", "receiver")
        if (rows and not restless and not untold) or time.monotonic() > deadline:
            return {row["target"]: (str(row["state"]), str(row["reason"] or "")) for row in rows}
        time.sleep(0.5)


def end_politely(number: int, _: object) -> None:
    """A signal to end is an exception like any other, so that what was started is removed."""
    raise SystemExit(128 + number)


def main() -> int:
    """The command line."""
    signal.signal(signal.SIGTERM, end_politely)
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="which schedule; by default another one each time")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long faults come (1)")
    parser.add_argument("--judge", type=Path, help="judge a run once more: the record.pickle that it left")
    asked = parser.parse_args()
    if asked.judge is not None:
        record = pickle.loads(asked.judge.read_bytes())
        return 1 if broken_in(record) else 0
    seed = random.randrange(10**6) if asked.seed is None else asked.seed
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {line}", flush=True)

    print(f"chaos: SEED={seed} MINUTES={asked.minutes:g}", flush=True)
    with tempfile.TemporaryDirectory(prefix="watchdog-chaos-") as name:
        work = Path(name)
        try:
            with staged(work) as stage:
                record = run(seed, asked.minutes * 60, stage, say)
                say("everything is removed")
        except KeyboardInterrupt:
            say("ended by a person; everything is removed")
            return 130
        except Failed as failed:
            print(f"FAILED: {failed}")
            keep(work, seed)
            return 1
        if broken := broken_in(record):
            keep(work, seed)
        (kept_in(seed) / "record.pickle").write_bytes(pickle.dumps(record))
    again = f"make chaos SEED={seed} MINUTES={asked.minutes:g}"
    say(f"{'BROKEN ' + str(broken) + ' times' if broken else 'every promise was kept'}; again: {again}")
    return 1 if broken else 0


def broken_in(record: Record) -> int:
    """Print the report; how often a promise was broken."""
    findings = judge(record)
    for line in report(record, findings):
        print(line)
    return sum(len(finding.broken) for finding in findings)


def kept_in(seed: int) -> Path:
    """The folder of what is kept of a run."""
    kept = KEPT_IN / f"{seed}"
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def keep(work: Path, seed: int) -> None:
    """What may be needed to find out why."""
    kept = kept_in(seed)
    for path in (work / "daemon.log", *(work / "state").glob("journal.db*")):
        if path.is_file():
            shutil.copy(path, kept)
    print(f"the daemon's log and journal are kept in {kept}")


if __name__ == "__main__":
    sys.exit(main())
