"""What one request of each kind costs web, database and proxy, in CPU milliseconds: one after the other, and nothing
else goes on in the house. The capacity table of docs/performance.md is worked out from these.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from html import unescape
from itertools import cycle, islice
from typing import TYPE_CHECKING, NamedTuple

import requests

from attack.browser import Browser, form_of
from faults.process import wait_until
from load import plan
from load.machine import between, spent

if TYPE_CHECKING:
    from load.plan import Visitor
    from production.house import House

#: Requests of a kind; a tick of the kernel's is 10 ms.
TIMES, SIGN_INS, SEARCHERS = 40, 6, 6
WARMING = 4
QUIET_WITHIN = 300.0
WHERE = ("web", "accounts", "database", "proxy")
PATH = "/reports/new/own-outage/"
Form = tuple[Browser, str, dict[str, str]]


class Cost(NamedTuple):
    """CPU milliseconds of one request."""

    kind: str
    web: float
    accounts: float
    database: float
    proxy: float


def measured(house: House, visitors: list[Visitor], used: set[int]) -> list[Cost]:
    """The background work is stopped meanwhile. `used`: services that have been reported already."""
    by_session = [each for each in visitors if each.session]
    reviewer = next(each for each in by_session if each.reviewer)
    directors = [each for each in by_session if not each.reviewer]
    director = max(directors, key=lambda each: len(each.references))
    desk, entity = _browser(house, reviewer), _browser(house, director)
    poll = _quiet_poll(desk, house)
    # One person searches sixty times a minute at most.
    searching = cycle([_browser(house, each) for each in by_session if each.reviewer][:SEARCHERS])
    older = re.sub(r"token=(\d+)", lambda token: f"token={int(token[1]) - 1}", poll)
    kinds: dict[str, Callable[[], requests.Response]] = {
        plan.REFRESH: lambda: _get(desk, house, poll, 204),
        plan.NEWS: lambda: _get(desk, house, older),
        plan.REPORT: lambda: _get(desk, house, f"/reports/{reviewer.references[0]}/"),
        f"{plan.REPORT}, to its director": lambda: _get(entity, house, f"/reports/{director.references[0]}/"),
        plan.BOARD: lambda: _get(desk, house, "/board/"),
        plan.LIST: lambda: _get(entity, house, "/reports/"),
        plan.SEARCH: lambda: _get(next(searching), house, "/board/?q=Licensing+4"),
        plan.FORM: lambda: _get(entity, house, PATH),
        "status of a service": lambda: _get(entity, house, f"/status/{director.services[0]}/"),
        "status of all that one relies on": lambda: _get(entity, house, "/status/"),
    }
    costs = [_cost(house, kind, ask, TIMES) for kind, ask in kinds.items()]
    opened = list(islice(_forms(house, directors, used), TIMES))
    costs.append(_cost(house, plan.FILING, _filing(opened), len(opened)))
    names = cycle([each.name for each in visitors if each.name])
    costs.append(_cost(house, "sign-in by Nafath, all its requests", lambda: _enter(house, next(names)), SIGN_INS))
    return costs


def _quiet_poll(desk: Browser, house: House) -> str:
    """The address of a refresh that finds nothing new: what was recorded within half a minute is always new.

    Where the house was overrun, it first answers those who have long given up.
    """
    found: list[str] = []

    def is_quiet() -> bool:
        with suppress(requests.RequestException):
            board = desk.get(house.origin + "/board/", allow_redirects=False).text
            found[:] = [unescape(each) for each in re.findall(r'id="board-poll"\s+hx-get="([^"]+)"', board)]
            return bool(found) and desk.get(house.origin + found[0], headers={"X-Background": "1"}).status_code == 204
        return False

    wait_until(is_quiet, within=QUIET_WITHIN, pause=3)
    return found[0]


def _cost(house: House, kind: str, ask: Callable[[], object], times: int) -> Cost:
    ask_first = kind not in {plan.FILING} and "sign-in" not in kind
    if ask_first:  # what is read once a minute and process has been read
        for _ in range(WARMING):
            ask()
    before = spent(house)
    for _ in range(times):
        ask()
    time.sleep(0.2)  # until the proxy has written its lines
    done = between(before, spent(house))
    return Cost(kind, *(round(1000 * done[part] / times, 2) for part in WHERE))


def _get(browser: Browser, house: House, path: str, status: int = 200) -> requests.Response:
    answer = browser.get(house.origin + path, headers={"X-Background": "1"}, allow_redirects=False)
    if answer.status_code != status:
        raise RuntimeError(f"{path.partition('?')[0]}: {answer.status_code} instead of {status}")
    return answer


def _forms(house: House, directors: list[Visitor], used: set[int]) -> Iterator[Form]:
    """Opened beforehand, so that sending alone is counted; each about a service that nobody has reported yet."""
    for director in directors:
        browser = _browser(house, director)
        for service in set(director.services) - used:
            page = _get(browser, house, PATH)
            target, hidden = form_of(page, PATH)
            chips = re.findall(r'name="started_at"[^>]*?\svalue="(\d[^"]+)"', page.text)
            said = {"symptom": "login", "impact_level": "minor", "cyber_suspected": "no"}
            yield browser, target, {**hidden, **said, "services": str(service), "started_at": unescape(chips[1])}


def _filing(opened: list[Form]) -> Callable[[], None]:
    waiting = iter(opened)

    def send() -> None:
        browser, target, fields = next(waiting)
        answer = browser.post(target, data=fields, headers={"Referer": target}, allow_redirects=False)
        if answer.status_code != 302:
            raise RuntimeError(f"filing: {answer.status_code}")

    return send


def _enter(house: House, name: str) -> None:
    browser = house.browser()
    browser.mount("https://", browser.get_adapter("http://"))
    house.enter(name, browser)


def _browser(house: House, visitor: Visitor) -> Browser:
    browser = house.browser()
    browser.cookies.set("__Host-session", visitor.session, domain="localhost.local", secure=True, path="/")
    return browser
