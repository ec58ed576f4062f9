"""`make load`: LOAD sessions (500) for LOAD_SECONDS (120) over LOAD_REPORTS reports (100,000), on production's own
processes. Prints percentiles beside what is aimed at, and what a request of each kind costs; exit 1 after any error or
a lost filing. What the machine decides fails nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

import psycopg

from faults.process import ROOT, Process, wait_until
from load.costs import Cost, measured
from load.figures import Run, costs_told, told, written
from load.ledger import lost, unacknowledged
from load.machine import between, spent
from load.plan import ARRIVE, BY_NAFATH, RESULTS, Size, Town
from production.house import House, opened

#: Until what filling has left to the background work is done, in seconds.
SETTLES_WITHIN = 180.0
MOST_SHOWN = 10


def main() -> int:
    size, began = Size.asked(), time.monotonic()
    with opened() as house:
        _say(f"Production stands at {house.origin}.", began)
        town = _fill(house, size)
        _say(f"{size.reports} reports and {size.sessions} sessions are there, and told.", began)
        run = _run(house, size)
        for line in told(run):
            print(line, flush=True)
        for each in (run.wrong + run.missing)[:MOST_SHOWN]:
            print(each, file=sys.stderr, flush=True)
        run.costs = _costs(house, town, run)
    for line in costs_told(run):
        print(line)
    RESULTS.write_text(json.dumps(written(run), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _say(f"{len(run.wrong)} errors, {len(run.missing)} filings lost.", began)
    return 1 if run.wrong or run.missing else 0


def _say(words: str, began: float) -> None:
    print(f"[{time.monotonic() - began:.0f} s] {words}", flush=True)


# --- Before -----------------------------------------------------------------------------------------------------------
def _fill(house: House, size: Size) -> Town:
    """With the background work stopped, which then catches up: the load finds it with nothing overdue."""
    for name in ("beat", "worker"):
        house.process(name).stop(within=30)
        house.environment(name).update(SWEEP_SECONDS="60")
    path = house.folder / "town.json"
    people = {name: house.personas[name] for name in BY_NAFATH}
    told = {key: value for key, value in house.environment("worker").items() if key != "DATABASE_URL_FILE"}
    told |= {key: os.environ[key] for key in ("LOAD", "LOAD_SECONDS", "LOAD_REPORTS") if key in os.environ}
    told |= {"DATABASE_URL": house.database, "LOAD_PERSONAS": json.dumps(people)}
    done = subprocess.run(
        [sys.executable, "-m", "load.filling", str(path)],
        cwd=ROOT,
        env=told,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    house.process("worker").start()
    house.process("beat").start()
    with suppress(TimeoutError):  # it goes on beside the load, as it would
        wait_until(lambda: _is_settled(house), within=SETTLES_WITHIN, pause=1)
    return Town.read(path)


def _is_settled(house: House) -> bool:
    """The sweep has seen every mark that was due, and what it wrote has been told."""
    sql = (
        "SELECT (SELECT count(*) FROM incidents_clock WHERE next_mark_at < now() - interval '1 minute'),"
        " (SELECT count(*) FROM incidents_reportevent WHERE fanned_out_at IS NULL),"
        " (SELECT count(*) FROM notifications_delivery WHERE state = 'pending' AND next_try_at <= now())"
    )
    return house.ask(sql)[0] == (0, 0, 0)


# --- The run ---------------------------------------------------------------------------------------------------------
def _run(house: House, size: Size) -> Run:
    with psycopg.connect(house.database, autocommit=True) as connection:
        (newest,) = connection.execute("SELECT max(id) FROM incidents_report").fetchone() or (0,)
    people = {name: house.personas[name] for name in BY_NAFATH}
    told = {
        "origin": house.origin, "simulator": house.simulator, "certificate": house.certificate, "personas": people,
        "town": str(house.folder / "town.json"), "seconds": size.seconds, "found": str(house.folder / "found.json"),
        "all_there": str(house.folder / "all-there"),
    }  # fmt: skip
    (house.folder / "plan.json").write_text(json.dumps(told), encoding="utf-8")
    command = [sys.executable, "-m", "gevent.monkey", "--module", "load.visitors", str(house.folder / "plan.json")]
    visitors = Process(command, log=house.folder / "visitors.log")
    visitors.start()
    try:
        found, busy, load = _watch(house, visitors, size)
    finally:
        visitors.stop()
    missing = lost(house, found["receipts"])
    missing += [f"{key}: filed, and no receipt" for key in unacknowledged(house, found["receipts"], after=newest)]
    return Run(size, found, busy, load, missing)


def _costs(house: House, town: Town, run: Run) -> list[Cost]:
    """With the background work stopped: nobody else asks the database."""
    for name in ("beat", "worker"):
        house.process(name).stop(within=30)
    return measured(house, town.visitors, {service for _key, _reference, service in run.found["receipts"]})


def _watch(house: House, visitors: Process, size: Size) -> tuple[dict[str, Any], dict[str, float], float]:
    """Wait for them; what the house spent while all of them were there."""
    all_there = house.folder / "all-there"
    wait_until(lambda: all_there.exists() or not visitors.is_alive, within=10 * ARRIVE, pause=0.05)
    before = spent(house)
    time.sleep(size.seconds)
    busy, load = between(before, spent(house)), os.getloadavg()[0]
    with suppress(TimeoutError):
        wait_until(lambda: not visitors.is_alive, within=180)
    path = house.folder / "found.json"
    if not path.exists():
        raise SystemExit(f"The people did not come back:\n{visitors.log.read_text()[-4000:]}")
    return json.loads(path.read_text(encoding="utf-8")), busy, load


if __name__ == "__main__":
    sys.exit(main())
