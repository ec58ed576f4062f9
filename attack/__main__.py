"""`make attack`: a line for each attack, what was tried and what happened; the first that gets through ends it.

`python -m attack push finished_by_another` tries some alone, by their way of signing in or by their name.
"""

from __future__ import annotations

import os
import sys
from itertools import groupby

import django

from attack.house import House, database, migrated, opened
from attack.plan import Attack, GotThrough, whole_list

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outage_portal.settings")


def main() -> int:
    django.setup()  # the portal's addresses are listed in this process; everything else is asked over HTTP
    wanted = set(sys.argv[1:])
    chosen = [each for each in whole_list() if not wanted or wanted & {each.adapter, each.name}]
    numbered = enumerate(chosen, start=1)
    with migrated() as plan:
        for adapter, attacks in groupby(numbered, key=lambda each: each[1].adapter):
            print(f"--- People sign in by {adapter}", flush=True)
            with database(plan) as (owner, address), opened(adapter, owner=owner, address=address) as house:
                if not all(_held(number, each, house) for number, each in attacks):
                    return 1
    print(f"{len(chosen)} attacks, none got through.")
    return 0


def _held(number: int, each: Attack, house: House) -> bool:
    try:
        said = each.attempt(house)
    except GotThrough as through:
        print(f"{number:3} {each.title}: GOT THROUGH: {through}", flush=True)
        return False
    print(f"{number:3} {each.title}: {said}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
