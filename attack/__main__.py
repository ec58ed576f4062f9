"""`make attack`: a line for each attack, what was tried and what happened; the first that gets through ends it.

`python -m attack push finished_by_another` tries some alone, by their way of signing in or by their name.
"""

from __future__ import annotations

import os
import sys
from itertools import groupby

import django

from attack.house import database, opened
from attack.plan import GotThrough, whole_list

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outage_portal.settings")


def main() -> int:
    django.setup()  # the portal's addresses are listed in this process; everything else is asked over HTTP
    wanted, number = set(sys.argv[1:]), 0
    chosen = [each for each in whole_list() if not wanted or wanted & {each.adapter, each.name}]
    for adapter, attacks in groupby(chosen, key=lambda each: each.adapter):
        print(f"--- People sign in by {adapter}", flush=True)
        with database() as (owner, address), opened(adapter, owner=owner, address=address) as house:
            for each in attacks:
                number += 1
                try:
                    print(f"{number:3} {each.title}: {each.attempt(house)}", flush=True)
                except GotThrough as through:
                    print(f"{number:3} {each.title}: GOT THROUGH: {through}", flush=True)
                    return 1
    print(f"{number} attacks, none got through.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
