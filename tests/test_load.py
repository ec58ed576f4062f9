"""`make load` is run by hand, for minutes (docs/performance.md); here, what it asks for and what it fails for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from faults.people import services_of
from incidents.models import Clock
from load import capacity, plan
from load.figures import Line, Run, lines, percentile, table
from load.ledger import lost, unacknowledged
from load.plan import DIRECTORS, RESULTS, REVIEWERS, Size, Town, Visitor
from tests.factories import a_report

ROOT = Path(__file__).resolve().parent.parent


def a_run(seen: list[dict[str, Any]], *, alive: int = 2, problems: tuple[str, ...] = ()) -> Run:
    found = {
        "began": 100.0, "ended": 110.0, "alive": alive, "seen": seen, "problems": list(problems), "processor": 1.0,
        "receipts": [], "signed_in": [],
    }  # fmt: skip
    return Run(Size(2, 10, 0), found, {"web": 5.0, "machine": 12.0}, 1.0, [])


def an_answer(at: float, ms: float = 20, problem: str = "") -> dict[str, Any]:
    return {"kind": plan.REPORT, "at": at, "ms": ms, "problem": problem}


def test_sixty_of_a_hundred_requests_refresh_the_board_and_five_are_of_forms() -> None:
    both = {deed: REVIEWERS.get(deed, 0) + DIRECTORS.get(deed, 0) for deed in {*REVIEWERS, *DIRECTORS}}
    assert both == {"refresh": 60, "report": 25, "list": 6.5, "search": 3.5, "file": 2.5}  # a form is opened, then sent
    at_the_board = sum(REVIEWERS.values()) / (sum(both.values()) + both["file"])
    assert at_the_board == pytest.approx(plan.AT_THE_BOARD, abs=0.005)


def test_the_size_is_what_the_environment_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOAD", "LOAD_SECONDS", "LOAD_REPORTS"):
        monkeypatch.delenv(name, raising=False)
    assert Size.asked() == Size(500, 120, 100_000)
    monkeypatch.setenv("LOAD", "20")
    assert Size.asked() == Size(20, 120, 100_000)
    assert (Size.asked().truly, Size.asked().at_the_board) == (2, 14)


def test_there_are_more_services_than_filings_may_come() -> None:
    """150 directors ask 15 times each, and 2.5 of 29.5 requests file."""
    assert Size(500, 120).filings > 150 * 15 * 2.5 / 29.5


def test_a_percentile_is_a_value_that_was_seen() -> None:
    assert percentile([10.0, 20.0, 30.0, 40.0], 0.5) == 20
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95
    assert percentile([7.0], 0.99) == 7
    assert percentile([], 0.5) == 0


def test_a_line_for_each_kind_and_one_for_all_beside_what_is_aimed_at() -> None:
    seen = [an_answer(100, 100), an_answer(100, 500), {**an_answer(100, 10), "kind": plan.REFRESH}]
    assert [(line.kind, line.requests) for line in lines(seen)] == [(plan.REFRESH, 1), (plan.REPORT, 2), ("in all", 3)]
    said = list(table([Line("fast", 1, 1, 400, 1000), Line("slow", 1, 1, 401, 900)]))
    assert [row.endswith(end) for row, end in zip(said[1:], ("yes |", "NO |"), strict=False)] == [True, True]


def test_only_what_was_asked_once_everybody_had_come_is_counted() -> None:
    run = a_run([an_answer(99), an_answer(100), an_answer(110), an_answer(111)])
    assert [each["at"] for each in run.counted] == [100, 110]


def test_an_error_fails_it_whenever_it_came() -> None:
    assert a_run([an_answer(99, problem="502"), an_answer(105)]).wrong == [f"{plan.REPORT}: 502"]
    assert a_run([], problems=("signing in",)).wrong == ["signing in"]
    assert a_run([], alive=1).wrong == ["1 sessions were gone at the end"]
    assert not a_run([an_answer(105, ms=30_000)]).wrong  # slow is printed, and fails nothing


def test_cores_say_what_others_took() -> None:
    assert a_run([]).cores == {"web": 0.5, "the people": 0.1, "others on this machine": 0.6}


def test_a_town_is_read_as_it_was_written(tmp_path: Any) -> None:
    town = Town([Visitor(True, "key", "", ["OUT-2030-000001"], []), Visitor(False, "", "Name", [], [3])])
    town.write(tmp_path / "town.json")
    assert Town.read(tmp_path / "town.json") == town


class Asked:
    """A house that looks into the test's own database."""

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())


@pytest.mark.wide
@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_a_receipt_is_a_report_with_its_event_its_clocks_and_its_service() -> None:
    report, house = a_report(), Asked()
    receipt = (str(report.key), report.reference, report.main_service_id)
    other_service = services_of(report.entity, 1)[0]
    assert not lost(house, [receipt])  # type: ignore[arg-type]
    assert lost(house, [("00000000-0000-4000-8000-000000000000", "OUT-2026-999999", 1)])  # type: ignore[arg-type]
    assert lost(house, [(receipt[0], "OUT-2026-999999", receipt[2])])  # type: ignore[arg-type]
    assert lost(house, [(*receipt[:2], other_service)])  # type: ignore[arg-type]
    Clock.objects.filter(report=report).delete()
    assert lost(house, [receipt])  # type: ignore[arg-type]


@pytest.mark.wide
@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_a_report_that_nobody_has_a_receipt_for_is_found() -> None:
    report, house = a_report(), Asked()
    receipt = (str(report.key), report.reference, report.main_service_id)
    assert unacknowledged(house, [], after=report.pk - 1) == [receipt[0]]  # type: ignore[arg-type]
    assert not unacknowledged(house, [receipt], after=report.pk - 1)  # type: ignore[arg-type]
    assert not unacknowledged(house, [], after=report.pk)  # type: ignore[arg-type]


def test_the_people_know_nothing_of_django() -> None:
    """Locust patches what waits: whatever is imported beside it waits differently from then on."""
    said = "from gevent import monkey; monkey.patch_all(); import load.visitors, sys; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, check=False, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("False", 0), done.stderr


def test_cores_are_requests_a_second_times_what_one_costs() -> None:
    costs = {kind: {"web": 30.0, "accounts": 0.0, "database": 6.0, "proxy": 0.6} for kind in plan.KINDS}
    needed = capacity.cores(capacity.Case("", {plan.REPORT: 10, plan.BOARD: 10}, 8.4), costs)
    expected = {"web": 1.0, "accounts": 0.0, "database": 0.2, "proxy": 0.02, "worker": 8.4 * 4 / 336 / 0.6}
    assert needed == pytest.approx(expected)


def test_the_busy_hour_is_the_mixture_that_is_asked_for() -> None:
    hour = capacity.CASES[0].rates
    assert sum(hour.values()) == 50
    assert (hour[plan.NEWS], hour[plan.REPORT], hour[plan.FORM] + hour[plan.FILING]) == (30, 12.5, 2.5)


def test_each_kind_of_a_case_is_one_that_is_measured() -> None:
    measured = {cost["kind"] for cost in json.loads(RESULTS.read_text(encoding="utf-8"))["costs"]}
    assert {kind for case in capacity.CASES for kind in case.rates} <= measured
