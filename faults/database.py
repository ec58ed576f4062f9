"""PostgreSQL, which alone knows what is true."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from faults.house import House
from faults.plan import expect, fault

#: How long it lies dead, in seconds: some forms are sent meanwhile.
DEAD = 1.5


@fault(
    "PostgreSQL killed (SIGKILL) in the middle of filings",
    expected="503 with the form given back, never 500; every report with a receipt is there",
)
def postgres_killed(house: House) -> str:
    before, given_back = house.answers.so_far(), house.filing.given_back
    house.filing.wait_for(10)
    house.postgres.kill()
    died = datetime.now(UTC)
    acknowledged = [receipt.reference for receipt in house.filing.receipts]
    time.sleep(DEAD)
    took = house.postgres.start()
    house.senders_died(at=died)
    house.filing.wait_for(10)
    found = house.count("SELECT count(*) FROM incidents_report WHERE reference = ANY(%s)", acknowledged)
    answers = house.answers.since(before)
    given_back = house.filing.given_back - given_back
    others = house.answers.others(before, 302, 503, 0)
    seen = (
        f"{found} of {len(acknowledged)} there; {answers[503]} answers of 503, {given_back} with the form, "
        f"{answers[0]} without answer, others: {others or 'none'}; back after {took:.1f} s"
    )
    expect(found == len(acknowledged) and answers[503] == given_back > 0 and not others, seen)
    return seen
