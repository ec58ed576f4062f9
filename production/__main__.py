"""`make production-check`: a line for each step, what was expected and what was seen; exit 1 if they differ."""

from __future__ import annotations

import os
import sys
import time
import traceback

import django

from production.house import House, opened
from production.people import settle
from production.plan import Differs, Step, Walk, whole_list


def main() -> int:
    began, differing, steps = time.monotonic(), 0, whole_list()
    with opened() as house:
        print(f"[{time.monotonic() - began:.0f} s] Production stands at {house.origin}.", flush=True)
        os.environ |= house.environment("worker")
        django.setup()
        walk = Walk(house, settle(house))
        print("| step | expected | seen | s | as expected |\n| --- | --- | --- | ---: | --- |", flush=True)
        for each in steps:
            since = time.monotonic()
            seen, held = _taken(each, walk)
            differing += not held
            took = time.monotonic() - since
            print(
                f"| {each.what} | {each.expected} | {seen} | {took:.1f} | {'yes' if held else '**NO**'} |", flush=True
            )
        if differing:
            _show_logs(house)
    print(f"[{time.monotonic() - began:.0f} s] ", end="")
    print(f"{differing} of {len(steps)} steps differ." if differing else f"All {len(steps)} steps as expected.")
    return 1 if differing else 0


def _taken(step: Step, walk: Walk) -> tuple[str, bool]:
    try:
        return step.take(walk), True
    except Differs as differs:
        return str(differs), False
    except Exception:  # the next step is taken all the same
        return " ".join(traceback.format_exc(limit=-3).split()), False


def _show_logs(house: House) -> None:
    for name in ("web", "accounts", "worker", "proxy"):
        print(f"--- {name}: the last of its log\n{house.logs(name)[-1500:]}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
