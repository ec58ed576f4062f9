"""`make faults`: a line for each fault, what was expected of the portal and what was seen; any difference fails it.

FAULTS reports are filed meanwhile (10,000 unless said otherwise). `python -m faults postgres_killed` drills some faults
alone, by their names.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import signal
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import NamedTuple, NoReturn

from faults.house import House, begin, opened
from faults.ledger import LEDGER
from faults.plan import Broken, Fault, whole_list

FULL = 10_000
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
RESULTS = Path(__file__).with_name("results.json")


class Row(NamedTuple):
    """A line of the table."""

    fault: str
    expected: str
    seen: str
    held: bool
    seconds: float


def main() -> int:
    for number in SIGNALS:
        signal.signal(number, _stop)
    size, began, wanted = int(os.environ.get("FAULTS", FULL)), time.monotonic(), set(sys.argv[1:])
    chosen = [each for each in whole_list() if not wanted or each.name in wanted]
    with opened(size) as house:
        begin(house)
        _say(f"The house stands; a form takes {house.healthy * 1000:.0f} ms while nothing is wrong.", began)
        print("| fault | expected | seen | s | held |\n| --- | --- | --- | ---: | --- |", flush=True)
        rows = _drill(house, chosen)
        house.filing.stop()
        rows += [_line(house, each) for each in LEDGER]
        _ignore_signals()  # the house is taken down, whoever is in a hurry
    broken = [row for row in rows if not row.held]
    if size >= FULL and not wanted:
        _write_down(rows, time.monotonic() - began)
    _say(f"{len(house.filing.receipts)} reports filed under {len(rows) - len(LEDGER)} faults.", began)
    print(f"{len(broken)} promises broken." if broken else "Every promise held.")
    return 1 if broken else 0


def _stop(*_signal: object) -> NoReturn:
    _ignore_signals()
    sys.exit("Stopped.")


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _drill(house: House, faults: list[Fault]) -> list[Row]:
    """All of them once, then round after round, until as many reports are filed as were asked for."""
    rows = [_line(house, each) for each in faults]
    again = itertools.cycle([each for each in faults if each.again])
    while len(house.filing.receipts) < house.size and (each := next(again, None)):
        rows.append(_line(house, each))
    house.filing.wait_for(house.size - len(house.filing.receipts), within=3600)
    return rows


def _line(house: House, fault: Fault) -> Row:
    began = time.monotonic()
    try:
        seen, held = fault.drill(house), True
    except Broken as broken:
        seen, held = str(broken), False
    except Exception:  # the next fault is drilled all the same
        seen, held = " ".join(traceback.format_exc(limit=-3).split()), False
    row = Row(fault.title, fault.expected, seen, held, time.monotonic() - began)
    said = "yes" if row.held else "**NO**"
    print(f"| {row.fault} | {row.expected} | {row.seen} | {row.seconds:.0f} | {said} |", flush=True)
    return row


def _say(words: str, began: float) -> None:
    print(f"[{time.monotonic() - began:.0f} s] {words}", flush=True)


def _write_down(rows: list[Row], lasted: float) -> None:
    """The last line of each fault and how often it was drilled, or the line that did not hold."""
    drilled, said = Counter(row.fault for row in rows), {}
    for row in rows:
        if said.get(row.fault, row).held:
            said[row.fault] = row
    lines = [{"times": drilled[name]} | row._asdict() | {"seconds": round(row.seconds)} for name, row in said.items()]
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    written = {"machine": machine, "seconds": round(lasted), "lines": lines}
    RESULTS.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
