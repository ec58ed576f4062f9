"""PostgreSQL, which alone knows what is true."""

from __future__ import annotations

import time

from faults.house import House
from faults.plan import expect, fault
from faults.portal import SENDERS

#: How long it lies dead, in seconds: some forms are sent meanwhile.
DEAD = 1.5


@fault(
    "PostgreSQL killed (SIGKILL) in the middle of filings",
    expected="503 and never 500; every report with a receipt is there",
)
def postgres_killed(house: House) -> str:
    before = house.answers.so_far()
    house.filing.wait_for(10)
    house.deaths += SENDERS
    house.postgres.kill()
    acknowledged = [receipt.reference for receipt in house.filing.receipts]
    time.sleep(DEAD)
    took = house.postgres.start()
    house.filing.wait_for(10)
    found = house.count("SELECT count(*) FROM incidents_report WHERE reference = ANY(%s)", acknowledged)
    answers = house.answers.since(before)
    wrong = {status: n for status, n in answers.items() if status not in {302, 200, 503, 0}}
    seen = (
        f"{found} of {len(acknowledged)} there; {answers[503]} answers of 503, {answers[0]} without, "
        f"others: {wrong or 'none'}; back after {took:.1f} s"
    )
    expect(found == len(acknowledged) and answers[503] and not wrong, seen)
    return seen
