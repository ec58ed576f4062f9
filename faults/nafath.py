"""Nafath, which signs people in and has no part in filing."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

from faults.browser import Answer, Browser
from faults.filing import median
from faults.house import House
from faults.plan import expect, fault

PEOPLE = 12


@fault(
    "Nafath hangs while people sign in and others file",
    expected="who signs in is told within seconds; a form takes what it always takes",
)
def nafath_hangs(house: House) -> str:
    before = len(house.filing.receipts)
    _let(house, "hang")
    try:
        with ThreadPoolExecutor(PEOPLE) as hands:
            answers = list(hands.map(lambda number: _sign_in(house, number), range(PEOPLE)))
        if len(house.filing.receipts) - before < 20:
            house.filing.wait_for(20)
    finally:
        _let(house, "")
    filed = house.filing.receipts[before:]
    slowest, statuses = max(answer.seconds for answer in answers), dict(Counter(answer.status for answer in answers))
    seen = (
        f"{len(filed)} forms at {median(filed) * 1000:.0f} ms ({house.healthy * 1000:.0f} ms before); "
        f"{PEOPLE} sign-ins answered {statuses}, the last after {slowest:.1f} s"
    )
    expect(house.as_ever(filed) and 0 not in statuses and 500 not in statuses and slowest < 20, seen)
    return seen


def _sign_in(house: House, number: int) -> Answer:
    """As through the proxy, which sends /accounts/ to the gunicorn of its own."""
    browser = Browser(house.portal.accounts_port, house.answers, address=f"192.0.2.{number + 1}")
    return browser.post("/accounts/nafath/start/", [])


def _let(house: House, name: str) -> None:
    asked = Request(f"{house.portal.nafath}/sim/api/faults", f'{{"fault": "{name}"}}'.encode())  # noqa: S310 (http, our own)
    asked.add_header("Content-Type", "application/json")
    urlopen(asked, timeout=20).close()  # noqa: S310
