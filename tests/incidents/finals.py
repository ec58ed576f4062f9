"""Final reports as they are written, for tests."""

from __future__ import annotations

from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import FinalReport, Report
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.pages import text_of
from tests.signing import signs

SUMMARY = "تعطلت الخدمة ساعة بسبب امتلاء مساحة التخزين، وأعيدت بعد توسعة المساحة وتنظيف السجلات القديمة."
ROOT = "لم تكن هناك مراقبة لنمو السجلات، ولم يكن هناك تنظيف دوري لها، فامتلأ القرص وتوقفت قاعدة البيانات."


def filer_of(report: Report) -> User:
    person = report.filed_by
    person.acting = person.memberships.select_related("entity").get()
    return person


def leader_of(report: Report) -> User:
    return a_person(Role.IT_LEADER, entity=report.entity)


def restored(*, tier: int = 0, **columns: Any) -> Report:
    """An own outage that is over: S1 on tier 0, S4 on tier 3. It lasted an hour, two hours ago."""
    service = a_service(tier=tier, users_per_day=10)
    began = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=2)
    filled = {"detection_source": "beneficiaries", "origin": "supplier", "started_at": began, "detected_at": began}
    report = a_report(by=a_person(entity=service.entity), service=service, **{**filled, **columns})
    actions.restore(report, restored_at=began + timedelta(hours=1), by=filer_of(report))
    return Report.objects.get(pk=report.pk)


def completed(*, tier: int = 2, outcome: str = "success", overrun: bool = False) -> Report:
    """A maintenance that is over."""
    service = a_service(tier=tier)
    now = timezone.now()
    end = now - timedelta(minutes=5) if overrun else now + timedelta(hours=2)
    report = a_report(
        ReportKind.MAINTENANCE, by=a_person(entity=service.entity), service=service,
        window_start=now - timedelta(minutes=50), window_end=end, is_emergency=True, emergency_reason="ثغرة",
    )  # fmt: skip
    actions.start_window(report, by=filer_of(report))
    actions.complete(report, outcome=outcome, by=filer_of(report))
    return Report.objects.get(pk=report.pk)


def whole_columns(report: Report) -> dict[str, Any]:
    """Answers with which nothing is lacking, whichever profile is asked."""
    began = report.started_at or report.actual_start
    assert began is not None
    minutes = [began + timedelta(minutes=n) for n in (0, 5, 10, 50, 60, 60)]
    names = ("started_at", "detected_at", "responded_at", "mitigated_at", "restored_at", "root_cause_fixed_at")
    times: dict[str, Any] = dict(zip(names, minutes, strict=True)) if report.started_at else {}
    return {
        **times, "executive_summary": SUMMARY, "downtime_minutes": 60, "downtime_basis": "actual",
        "users_affected_final": 1200, "transactions_failed": 5, "transactions_delayed": 0, "downstream_confirmed": True,
        "cause_l1": "system", "cause_l2": "capacity", "direct_cause": "امتلاء القرص", "root_cause": ROOT,
        "contributing_factors": ["late-detection"], "monitoring_gap": "لم تُضبط عتبة", "third_parties": "المورد",
        "recurring": False, "resolution": "توسعة القرص", "permanent_fix": "done", "bcp_result": "تحققت",
        "went_well": "سرعة الاستجابة", "went_wrong": "تأخر الاكتشاف", "lessons": "ضبط العتبات", "outcome": "success",
        "actual_start": report.actual_start, "actual_end": report.actual_end, "rollback_used": False,
        "unexpected_effects": "لا يوجد",
    }  # fmt: skip


def rows(count: int = 4) -> list[dict[str, Any]]:
    return [{"at": timezone.now() - timedelta(minutes=90 - n), "text": f"حدث رقم {n}"} for n in range(count)]


def deeds(count: int = 2) -> list[dict[str, Any]]:
    due = timezone.localdate() + timedelta(days=30)
    return [
        {"title": f"إجراء {n}", "kind": "prevent", "owner": "إدارة البنية التحتية", "due_on": due} for n in range(count)
    ]


def written(report: Report, **columns: Any) -> Report:
    """The report with a final report in which nothing is lacking."""
    actions.save_final(
        report,
        columns={**whole_columns(report), **columns},
        timeline=rows(),
        actions=deeds(),
        by=filer_of(report),
    )
    return Report.objects.get(pk=report.pk)


def submitted(report: Report) -> Report:
    """The report with its final report sent, signed where it must be."""
    written(report)
    if actions.final.needs_countersignature(report):
        actions.countersign(report, by=leader_of(report))
    actions.submit_final(report, by=filer_of(report))
    return Report.objects.get(pk=report.pk)


def closed(*, due_on: date | None = None) -> Report:
    """A small outage whose final report is accepted; its actions are due in a month, or on this day."""
    report = submitted(restored(tier=3))
    if due_on:
        report.final_report.actions.update(due_on=due_on)
    actions.move(report, "close", by=a_reviewer())
    return Report.objects.get(pk=report.pk)


def url(report: Report, slug: str = "", *, english: bool = False) -> str:
    return f"{'/en' if english else ''}/reports/{report.reference}/final/{f'{slug}/' if slug else ''}"


def fill(client: Client, report: Report, slug: str, *, english: bool = False, **typed: Any) -> Any:
    """Send a section with what its page proposes, and this in the place of it."""
    page = text_of(client.get(url(report, slug)))
    fields: dict[str, list[str]] = {}

    class Reader(HTMLParser):
        box = choice = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            name = given.get("name")
            if tag == "select":
                self.choice = name or ""
            if tag == "option" and "selected" in given:
                fields[self.choice] = [given.get("value") or ""]
            if tag == "textarea" and name:
                self.box = name
                fields[name] = [""]
            if tag == "input" and name and given.get("type") not in {"file", "search"}:
                if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                    return
                fields.setdefault(name, []).append(given.get("value") or "")

        def handle_data(self, data: str) -> None:
            if self.box:
                fields[self.box] = [fields[self.box][0] + data.lstrip("\n")]

        def handle_endtag(self, tag: str) -> None:
            if tag == "textarea":
                self.box = ""

    Reader().feed(page)
    fields.pop("csrfmiddlewaretoken", None)
    return client.post(url(report, slug, english=english), {**fields, **typed})


def submit(client: Client, report: Report, **typed: Any) -> Any:
    version = FinalReport.objects.filter(report=report).values_list("version", flat=True).first() or 0
    return signs(client, url(report, "check", english=True), {"seen": version, **typed})
