"""`make restore-drill`: RESTORE reports are filed (300 unless said otherwise), and while people go on filing the portal
is backed up, and restored on another PostgreSQL. A line for each thing that must be as it was; exit 1 on the first that
is not.
"""

from __future__ import annotations

import os
import sys

from faults.house import begin, opened
from faults.plan import Broken
from faults.restoring import STEPS, restored

REPORTS = 300


def main() -> int:
    size = int(os.environ.get("RESTORE", REPORTS))
    with opened(size) as house:
        begin(house)
        house.filing.wait_for(size - len(house.filing.receipts), within=1800)
        try:
            with restored(house) as there:
                house.filing.stop()
                for step in STEPS:
                    for line in step(house, there):
                        print(f"ok   {line}", flush=True)
                seconds = there.seconds
        except Broken as broken:
            print(f"NOT  {broken}")
            return 1
        finally:
            house.filing.stop()
    print("".join(f"\n{what:<10}{lasted:>7.1f} s" for what, lasted in seconds.items()))
    print("What was backed up is what was restored, and people work on it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
