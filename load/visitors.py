"""The people: `python -m gevent.monkey --module load.visitors PLAN`. Locust patches all that waits, so it is a process
of its own that knows nothing of Django.

PLAN is a JSON file: `origin`, `simulator`, `certificate`, `personas`, `town` (a file), `seconds`, two files to
write: `all_there` when everybody has come, `found` at the end: each request, and the receipts.
"""

from __future__ import annotations

import json
import random
import re
import ssl
import sys
import time
from dataclasses import asdict, dataclass, field
from html import unescape
from http.cookiejar import Cookie
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import gevent
import requests
from locust import between, events, task
from locust.contrib.fasthttp import FastHttpUser
from locust.env import Environment
from locust.exception import StopUser

from attack.browser import Browser, form_of
from attack.house import House
from load import plan
from load.plan import ARRIVE, DIRECTORS, REVIEWERS, THINK, Town, Visitor

PATH = "/reports/new/own-outage/"
RECEIPT = re.compile(r"/reports/(OUT-\d{4}-\d{6})/receipt/")
POLL = re.compile(r'id="board-poll"\s+hx-get="([^"]+)"')
STARTED = re.compile(r'name="started_at"[^>]*?\svalue="(\d[^"]+)"')
WORDS = ("بوابة 17", "Licensing 4", "منصة", "OUT-2030-000017")
BACKGROUND = {"X-Background": "1", "HX-Request": "true"}
#: On a busy machine the SMS that is read may be the one before, or Nafath is slow: she tries again.
ATTEMPTS = 3
#: A person waits longer than the proxy does.
PATIENCE = 60.0


@dataclass
class Seen:
    """`at`: when it was asked, in seconds of the wall's clock. `problem`: what was wrong with the answer."""

    kind: str
    at: float
    ms: float
    problem: str = ""


class Receipt(NamedTuple):
    key: str
    reference: str
    service: int


@dataclass
class World:
    """What all of them share."""

    house: House
    waiting: list[Visitor]
    certificate: str
    seen: list[Seen] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    signed_in: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Person(FastHttpUser):
    """One session: it comes, opens its first page, and goes on asking with pauses in which she thinks."""

    wait_time = between(0.5 * THINK, 1.5 * THINK)
    network_timeout = connection_timeout = PATIENCE
    insecure = False
    world: ClassVar[World]
    reviewer: bool

    def on_start(self) -> None:
        waiting = [each for each in self.world.waiting if each.reviewer == self.reviewer]
        if not waiting:  # one has gone, and Locust sends another in her place; that one has gone is an error already
            raise StopUser
        self.visitor = waiting[0]
        self.world.waiting.remove(self.visitor)
        self.poll, self.form = "", {}
        session = self.visitor.session or self._signed_in()
        if not session:
            raise StopUser
        self.client.cookiejar.set_cookie(_cookie("__Host-session", session))
        self._open_list()

    def _signed_in(self) -> str:
        """In through Nafath; the key of the session. It asks from an address of its own: limits are counted by it."""
        browser, began = Browser(), time.perf_counter()
        browser.trust_env, browser.verify = False, self.world.certificate
        browser.mount("https://", browser.get_adapter("http://"))
        for _attempt in range(ATTEMPTS):
            try:
                self.world.house.enter(self.visitor.name, browser)
                if self.world.house.is_in(browser):
                    break
            except LookupError:  # the portal says that Nafath, which is on this machine too, did not answer in time
                gevent.sleep(THINK)
            except requests.RequestException as broken:
                self.world.problems.append(f"signing in: {broken!r}")
                return ""
        else:
            self.world.problems.append("signing in: not in afterwards")
            return ""
        found = [cookie.value for cookie in browser.cookies if cookie.name == "__Host-session"]
        self.world.signed_in.append(time.perf_counter() - began)
        return str(found[-1])

    # --- What a person does --------------------------------------------------------------------------------------
    @task
    def act(self) -> None:
        if self.form:
            return self._send_form()
        mix = REVIEWERS if self.reviewer else DIRECTORS
        deed = random.choices(list(mix), list(mix.values()))[0]
        {"refresh": self._refresh, "report": self._open_report, "list": self._open_list, "search": self._search,
         "file": self._open_form}[deed]()  # fmt: skip
        return None

    def _refresh(self) -> None:
        answer = self._ask(plan.REFRESH, self.poll, BACKGROUND, statuses=(200, 204))
        if answer.status_code == 200:
            self.world.seen[-1].kind = plan.NEWS
            self._read_poll(answer.text)

    def _open_list(self) -> None:
        if self.reviewer:
            self._read_poll(self._ask(plan.BOARD, "/board/").text)
        else:
            self._ask(plan.LIST, "/reports/", holds='role="search"')

    def _search(self) -> None:
        path = f"/{'board' if self.reviewer else 'reports'}/?q={requests.utils.quote(random.choice(WORDS))}"
        answer = self._ask(plan.SEARCH, path, holds='role="search"')
        if self.reviewer:
            self._read_poll(answer.text)

    def _open_report(self) -> None:
        if not self.visitor.references:  # of few reports not every entity has one
            return self._open_list()
        reference = random.choice(self.visitor.references)
        self._ask(plan.REPORT, f"/reports/{reference}/", holds=reference)
        return None

    def _open_form(self) -> None:
        if not self.visitor.services:
            return self._open_list()
        answer = self._ask(plan.FORM, PATH, holds='name="key"')
        if self.world.seen[-1].problem:
            return None
        _target, hidden = form_of(_Page(self.environment.host + PATH, answer.text), PATH)  # type: ignore[arg-type]
        chips = STARTED.findall(answer.text)
        self.form = hidden | {
            "services": str(self.visitor.services.pop()), "started_at": unescape(chips[len(chips) // 2]),
            "symptom": "login", "impact_level": "minor", "cyber_suspected": "no",
        }  # fmt: skip
        return None

    def _send_form(self) -> None:
        form, self.form = self.form, {}
        self.world.unanswered.append(form["key"])
        answer = self._ask(plan.FILING, PATH, data=form, statuses=(302,))
        found = RECEIPT.search((answer.headers or {}).get("Location", "") if answer.status_code == 302 else "")
        if found:
            self.world.receipts.append(Receipt(form["key"], found[1], int(form["services"])))
            self.world.unanswered.remove(form["key"])
        elif not self.world.seen[-1].problem:
            self.world.seen[-1].problem = "302, to no receipt"

    # --- How she asks ----------------------------------------------------------------------------------------------
    def _ask(
        self,
        kind: str,
        path: str,
        headers: dict[str, str] | None = None,
        *,
        data: dict[str, str] | None = None,
        holds: str = "",
        statuses: tuple[int, ...] = (200,),
    ) -> Any:
        """Ask and write down what came; an answer with another status, or of another page, is a problem."""
        asked = {"Referer": self.environment.host + PATH, **(headers or {})}
        method, at, began = "GET" if data is None else "POST", time.time(), time.perf_counter()
        answer = self.client.request(method, path, name=kind, data=data, headers=asked, allow_redirects=False)
        problem = ""
        if answer.status_code not in statuses:
            problem = f"{answer.status_code} {getattr(answer, 'error', '') or ''}".strip()
        elif answer.status_code == 200 and holds not in answer.text:
            problem = "another page"
        self.world.seen.append(Seen(kind, at, (time.perf_counter() - began) * 1000, problem))
        return answer

    def _read_poll(self, text: str) -> None:
        if found := POLL.search(text or ""):
            self.poll = unescape(found[1])
        elif not self.world.seen[-1].problem:
            self.world.seen[-1].problem = "a board that does not say how it refreshes"


class Reviewer(Person):
    reviewer = True


class Director(Person):
    reviewer = False


class _Page(NamedTuple):
    """What `form_of` reads of an answer."""

    url: str
    text: str
    status_code: int = 200


def _cookie(name: str, value: str) -> Cookie:
    return Cookie(
        0, name, value, None, False, "localhost.local", False, False, "/", True, True, None, True, None, None, {}
    )  # fmt: skip


def main(told: dict[str, Any]) -> None:
    town = Town.read(Path(told["town"]))
    house = House(told["origin"], told["simulator"], "", "", Path(), told["personas"])
    world = Person.world = World(house, town.visitors, told["certificate"])
    Person.ssl_context_factory = staticmethod(lambda: ssl.create_default_context(cafile=world.certificate))
    random.shuffle(town.visitors)  # those who sign in do not all come first
    at_the_board = sum(each.reviewer for each in town.visitors)
    Reviewer.fixed_count, Director.fixed_count = at_the_board, len(town.visitors) - at_the_board
    environment = Environment(user_classes=[Reviewer, Director], events=events, host=told["origin"], stop_timeout=120)
    environment.catch_exceptions = True
    events.user_error.add_listener(lambda exception, **_more: world.problems.append(repr(exception)))
    runner, number = environment.create_local_runner(), len(town.visitors)
    runner.start(number, spawn_rate=number / ARRIVE)
    gevent.sleep(ARRIVE)
    Path(told["all_there"]).touch()
    began, processor = time.time(), time.process_time()
    gevent.sleep(told["seconds"])
    ended, processor = time.time(), time.process_time() - processor
    alive = runner.user_count
    runner.quit()
    found = {
        "began": began, "ended": ended, "alive": alive, "processor": processor,
        "seen": [asdict(each) for each in world.seen], "receipts": world.receipts, "unanswered": world.unanswered,
        "signed_in": world.signed_in, "problems": world.problems,
    }  # fmt: skip
    Path(told["found"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
