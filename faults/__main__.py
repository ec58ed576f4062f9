"""`make faults`: a line for each fault, what was expected of the portal and what was seen; any difference fails it.

FAULTS reports are filed meanwhile (10,000 unless said otherwise). `python -m faults postgres_killed` drills some faults
alone, by their names.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path

from faults.house import House, begin, opened
from faults.ledger import LEDGER
from faults.plan import Broken, Fault, whole_list

FULL = 10_000
RESULTS = Path(__file__).with_name("results.json")
Row = tuple[str, str, str, bool]


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("Stopped."))
    size, began = int(os.environ.get("FAULTS", FULL)), time.monotonic()
    wanted = set(sys.argv[1:])
    chosen = [each for each in whole_list() if not wanted or each.name in wanted]
    with opened(size) as house:
        _say(f"The house stands after {time.monotonic() - began:.0f} s.")
        begin(house)
        _say(f"A form takes {house.healthy * 1000:.0f} ms while nothing is wrong.")
        rows = _drill(house, chosen)
        house.filing.stop()
        rows += [_line(house, each, began) for each in LEDGER]
    lasted = time.monotonic() - began
    broken = [row for row in rows if not row[3]]
    if size >= FULL and not wanted and not broken:
        _write_down(rows, lasted)
    print(f"{len(house.filing.receipts)} reports filed under {len(rows) - len(LEDGER)} faults in {lasted:.0f} s: ", end="")
    print(f"{len(broken)} promises broken." if broken else "every promise held.", flush=True)
    return 1 if broken else 0


def _drill(house: House, faults: list[Fault]) -> list[Row]:
    """All of them once, then round after round, until as many reports are filed as were asked for."""
    rows, began = [_line(house, each, time.monotonic()) for each in faults], time.monotonic()
    again = [each for each in faults if each.again]
    while len(house.filing.receipts) < house.size:
        for each in again:
            if len(house.filing.receipts) < house.size:
                rows.append(_line(house, each, began))
        if not again:
            house.filing.wait_for(1)
    return rows


def _line(house: House, fault: Fault, _began: float) -> Row:
    began = time.monotonic()
    try:
        seen, held = fault.drill(house), True
    except Broken as broken:
        seen, held = str(broken), False
    except Exception:  # the next fault is drilled all the same
        seen, held = traceback.format_exc(limit=-3), False
    row = (fault.title, fault.expected, seen, held)
    mark = "ok    " if held else "BROKEN"
    _say(f"{mark} {fault.title}\n         expected: {fault.expected}\n         seen:     {seen} [{time.monotonic() - began:.0f} s]")
    return row


def _say(words: str) -> None:
    print(words, flush=True)


def _write_down(rows: list[Row], lasted: float) -> None:
    said = [{"fault": title, "expected": expected, "seen": seen} for title, expected, seen, _held in rows]
    RESULTS.write_text(json.dumps({"seconds": round(lasted), "rows": said}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
