"""People who read and file without a pause, through the proxy, while a process under them is replaced."""

from __future__ import annotations

import itertools
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import requests

from attack.browser import Browser
from faults.filing import PATH, RECEIPT, form
from faults.people import Filer
from faults.process import wait_until

if TYPE_CHECKING:
    from production.house import House

FILERS, READERS = 2, 2
#: Longer than the proxy's, in seconds.
PATIENCE = 60.0
#: Between two attempts, in seconds.
PAUSE = 0.3
AWAY = 503


class Crowd:
    """`statuses`: of every answer. `broken`: requests without one. `receipts`: the key of a form and its reference.

    `unseen`: what whoever had filed it did not find on her next page. `pages`: what those read who do not file.
    """

    def __init__(self, house: House, signed_in: Browser, services: list[int], *, pages: Sequence[str] = ("/",)) -> None:
        self._house, self._signed_in, self._services = house, signed_in, itertools.cycle(services)
        self.statuses, self.broken, self.receipts = Counter[int](), list[str](), dict[str, str]()
        self.unseen: list[str] = []
        self._over, self._lock = threading.Event(), threading.Lock()
        self._pages = itertools.cycle(pages)
        tasks = [self._file] * FILERS + [self._read] * READERS
        self._threads = [threading.Thread(target=task, daemon=True) for task in tasks]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_for(self, more: int, *, within: float = 120) -> None:
        """Until so many more receipts are given."""
        before = len(self.receipts)
        wait_until(lambda: len(self.receipts) - before >= more, within=within, pause=0.05)

    def stop(self) -> None:
        """Nobody begins another form; those who have begun get their receipts."""
        self._over.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)

    def _browser(self) -> Browser:
        browser = self._house.browser()
        browser.cookies.update(self._signed_in.cookies)
        return browser

    def _ask(self, browser: Browser, method: str, path: str, **more: Any) -> requests.Response | None:
        address = self._house.origin + path
        more |= {"allow_redirects": False, "headers": {"Referer": address}, "timeout": PATIENCE}
        try:
            answer = browser.request(method, address, **more)
        except requests.RequestException as broken:
            self.broken.append(f"{method} {path}: {type(broken).__name__}")
            return None
        with self._lock:
            self.statuses[answer.status_code] += 1
        return answer

    def _read(self) -> None:
        browser = self._browser()
        while not self._over.is_set():
            answer = self._ask(browser, "GET", next(self._pages))
            if answer is None or answer.status_code == AWAY:
                time.sleep(PAUSE)

    def _file(self) -> None:
        browser = self._browser()
        token = next(cookie.value for cookie in browser.cookies if cookie.name == "__Host-csrf")
        while not self._over.is_set():
            key, service = str(uuid.uuid4()), next(self._services)
            fields = [("csrfmiddlewaretoken", token), *form(Filer("", [], "minor"), service, key)]
            until = time.monotonic() + 60
            while key not in self.receipts and time.monotonic() < until:
                answer = self._ask(browser, "POST", PATH, data=fields)
                if answer is not None and (found := RECEIPT.search(answer.headers.get("Location", ""))):
                    self.receipts[key] = found[1]
                    self._look(browser, found[1])
                elif answer is not None and answer.status_code != AWAY:
                    break
                else:
                    time.sleep(PAUSE)

    def _look(self, browser: Browser, reference: str) -> None:
        """Home shows an entity's five newest reports: hers is one of them, or those that came after it."""
        answer = self._ask(browser, "GET", "/")
        shown = re.findall(r"OUT-\d{4}-\d{6}", answer.text) if answer is not None and answer.ok else [reference]
        if max(shown, default="") < reference:
            self.unseen.append(reference)
