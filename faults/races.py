"""Several at once: the same form from twelve fingers, the same report under two hands."""

from __future__ import annotations

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from faults.browser import Answer, Browser, Fields
from faults.filing import PATH, Receipt, form, reference_of
from faults.house import House
from faults.plan import expect, fault

TIMES = 12


def _at_once(browsers: list[Browser], path: str, fields: Fields) -> list[Answer]:
    """The same form from each of them, in the same moment."""
    gate = Barrier(len(browsers))

    def post(browser: Browser) -> Answer:
        gate.wait()
        return browser.post(path, fields)

    with ThreadPoolExecutor(len(browsers)) as hands:
        return list(hands.map(post, browsers))


@fault("The same form posted twelve times at once", expected="one report a key, and twelve times its receipt")
def same_form_twelve_times(house: House) -> str:
    keys = max(2, house.size // 2000)
    for _ in range(keys):
        filer, service = house.filing.next_form()
        key = str(uuid.uuid4())
        browsers = [Browser(house.portal.web_port, house.answers, filer.session) for _ in range(TIMES)]
        answers = _at_once(browsers, PATH, form(filer, service, key))
        shown = Counter(reference_of(answer) for answer in answers)
        reports = house.count("SELECT count(*) FROM incidents_report WHERE key = %s", key)
        seen = f"{reports} reports, receipts {dict(shown)}"
        expect(reports == 1 and len(shown) == 1 and "" not in shown, seen)
        house.filing.keep(Receipt(key, next(iter(shown)), filer, 0, max(a.seconds for a in answers), 1))
    return f"{keys} keys: {keys} reports, {keys * TIMES} answers with their receipts"


@fault("Two reviewers move one report at once", expected="one moves it, the other is shown what changed (409)")
def two_reviewers(house: House) -> str:
    rounds = max(5, house.size // 1000)
    taken = (
        "SELECT reference, event_count FROM incidents_report WHERE acknowledged_at IS NULL ORDER BY id DESC LIMIT %s"
    )
    for reference, version in house.ask(taken, rounds):
        fields = [("seen", str(version)), ("once", str(uuid.uuid4()))]
        answers = _at_once([house.reviewer(0), house.reviewer(1)], f"/reports/{reference}/acknowledge/", fields)
        statuses = sorted(answer.status for answer in answers)
        moves = house.count(
            "SELECT count(*) FROM incidents_reportevent e JOIN incidents_report r ON r.id = e.report_id "
            "WHERE r.reference = %s AND e.data->>'move' = 'acknowledge'",
            reference,
        )
        expect(statuses == [302, 409] and moves == 1, f"{reference}: answers {statuses}, moved {moves} times")
    return f"{rounds} reports: each moved once, {rounds} answers of 409"
