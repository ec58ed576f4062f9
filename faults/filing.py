"""People who file without a pause, each until she holds a receipt; a form that fails is sent again under its key."""

from __future__ import annotations

import itertools
import re
import statistics
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from faults.browser import Answer, Answers, Browser, Fields
from faults.people import Filer, Town
from faults.process import wait_until

PATH = "/reports/new/own-outage/"
RECEIPT = re.compile(r"/reports/(OUT-\d{4}-\d{6})/receipt/")
WRITERS = 4
#: Between two attempts, in seconds: sooner than the page of the 503 asks for.
PAUSE = 0.5
#: Between two forms of the last writer, in seconds: the processors are left to the background work.
CALM = 0.1
#: Whoever has no receipt by then has lost her report.
GIVES_UP_AFTER = 180.0


@dataclass(frozen=True)
class Receipt:
    """What the portal has acknowledged; `seconds` is how long the form took that was answered by it."""

    key: str
    reference: str
    filer: Filer
    at: float
    seconds: float
    attempts: int


def form(filer: Filer, service: int, key: str) -> Fields:
    """The five answers of the form, as the page sends them."""
    from datetime import timedelta

    from django.utils import timezone

    from incidents.forms.moments import chip_value

    now = timezone.now()
    return [
        ("key", key), ("opened_at", chip_value(now - timedelta(minutes=2))), ("services", str(service)),
        ("started_at", chip_value(now - timedelta(minutes=15))), ("symptom", "login"), ("impact_level", filer.impact),
        ("cyber_suspected", "no"),
    ]  # fmt: skip


def reference_of(answer: Answer) -> str:
    """The reference on the receipt that an answer leads to, or nothing."""
    found = RECEIPT.search(answer.location) if answer.status == 302 else None
    return found[1] if found else ""


class Filing:
    """Reports come in as fast as they are taken, by four people at a time; beyond `size` by one, until `stop`."""

    def __init__(self, town: Town, *, size: int, port: int, answers: Answers) -> None:
        self.size, self.port, self.answers = size, port, answers
        self.receipts: list[Receipt] = []
        self.lost: list[str] = []
        #: Of the answers of 503, how many gave the form back with its key.
        self.given_back = 0
        self._forms, self._lock = _forms(town), threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,), daemon=True) for n in range(WRITERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Nobody begins another form; those who have begun get their receipts."""
        self._over.set()
        for thread in self._threads:
            thread.join(GIVES_UP_AFTER + 60)

    def next_form(self) -> tuple[Filer, int]:
        """A director, and a service of hers that nobody has reported yet."""
        with self._lock:
            return next(self._forms)

    def keep(self, receipt: Receipt) -> None:
        with self._lock:
            self.receipts.append(receipt)

    def wait_for(self, more: int, *, within: float = 300) -> list[Receipt]:
        """Until so many more receipts are given; those."""
        before = len(self.receipts)
        wait_until(lambda: len(self.receipts) - before >= more, within=within, pause=0.05)
        return self.receipts[before:]

    def _write(self, number: int) -> None:
        while not self._over.is_set() and (number == 0 or len(self.receipts) < self.size):
            self._file(*self.next_form())
            if len(self.receipts) >= self.size:
                time.sleep(CALM)

    def _file(self, filer: Filer, service: int) -> None:
        key, browser = str(uuid.uuid4()), Browser(self.port, self.answers, filer.session)
        fields, until = form(filer, service, key), time.monotonic() + GIVES_UP_AFTER
        for attempt in itertools.count(1):
            answer = browser.post(PATH, fields)
            if reference := reference_of(answer):
                return self.keep(Receipt(key, reference, filer, time.monotonic(), answer.seconds, attempt))
            self.given_back += answer.status == 503 and key in answer.text
            if answer.status not in {0, 503} or time.monotonic() > until:
                self.lost.append(f"{answer.status} after {attempt} attempts: {key}")
                return None
            time.sleep(PAUSE)
        return None


def _forms(town: Town) -> Iterator[tuple[Filer, int]]:
    for n in range(max(len(filer.services) for filer in town.filers)):
        for filer in town.filers:
            if n < len(filer.services):
                yield filer, filer.services[n]


def median(receipts: list[Receipt]) -> float:
    """How long a form took, in seconds."""
    return statistics.median(receipt.seconds for receipt in receipts)
