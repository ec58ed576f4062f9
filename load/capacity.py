"""How many cores of what a day takes: `python -m load.capacity`, from what a request of each kind cost in the last run.

Cores = requests a second x CPU milliseconds of one / 1000 / BUSY. No queue is in it: on a core that is busy beyond BUSY
people wait.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from load import plan

#: So much of a core's time is planned for.
BUSY = 0.6
#: Of the background work: deliveries a CPU second and worker (docs/performance.md), and deliveries of a filing.
DELIVERIES, EACH = 336, 4
PARTS = ("web", "accounts", "database", "proxy")
STATUS, SIGN_IN = "status of a service", "sign-in by Nafath, all its requests"
DIRECTORS_REPORT = f"{plan.REPORT}, to its director"


class Case(NamedTuple):
    """What comes in one second, by kind."""

    name: str
    rates: Mapping[str, float]
    filings: float


#: 5,000 in ten minutes; each is opened and sent, and its director looks at it and at her list.
RUSH = 5_000 / 600
CASES = (
    # 500 sessions that think for 10 s, of 1,000 entities with 10,000 services: the mixture of `load.plan`. Filings come
    # oftener than every half minute, so that every refresh of a board finds news.
    Case(
        "a busy hour: 500 sessions, 50 requests a second",
        {
            plan.NEWS: 30, plan.REPORT: 12.5, plan.BOARD: 1, plan.LIST: 2.25, plan.SEARCH: 1.75, plan.FORM: 1.25,
            plan.FILING: 1.25,
        },
        1.25,
    ),
    # 50 boards refresh every ten seconds meanwhile, and half of the directors have to sign in first.
    Case(
        "a mass outage: 5,000 filings in ten minutes",
        {
            plan.FORM: RUSH, plan.FILING: RUSH, DIRECTORS_REPORT: RUSH, plan.LIST: RUSH, SIGN_IN: RUSH / 2,
            plan.NEWS: 5, plan.REPORT: 5,
        },
        RUSH,
    ),
    # Each looks once a minute; they have come in within half an hour.
    Case("50,000 people look at a service's status once a minute", {STATUS: 50_000 / 60, SIGN_IN: 50_000 / 1800}, 0),
)  # fmt: skip


def cores(case: Case, costs: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """By part; `worker` are those that send what the filings give rise to."""
    found = {part: sum(rate * costs[kind][part] for kind, rate in case.rates.items()) / 1000 / BUSY for part in PARTS}
    return {**found, "worker": case.filings * EACH / DELIVERIES / BUSY}


def table(costs: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    heads = [*PARTS, "worker"]
    yield f"| cores at {BUSY:.0%} | requests a second | {' | '.join(heads)} | machines of 8 cores for the web |"
    yield f"| --- | {' | '.join('---:' for _ in range(len(heads) + 2))} |"
    for case in CASES:
        needed = cores(case, costs)
        machines = math.ceil((needed["web"] + needed["accounts"]) / 8)
        said = " | ".join(f"{needed[part]:.1f}" for part in heads)
        yield f"| {case.name} | {sum(case.rates.values()):.0f} | {said} | {machines} |"


def main() -> None:
    written = json.loads(plan.RESULTS.read_text(encoding="utf-8"))
    for line in table({cost["kind"]: cost for cost in written["costs"]}):
        print(line)


if __name__ == "__main__":
    main()
