"""The window of a maintenance for a calendar: read back as a calendar reads it (RFC 5545)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.ics import LONGEST_LINE, calendar_file
from incidents.lifecycle import ReportKind
from incidents.models import Report
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.finals import filer_of
from tests.incidents.pages import get, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


def properties(content: str) -> dict[str, str]:
    """Unfolded, by name, with the escaped letters as they were; the frame's lines as they stand."""
    assert content.endswith("\r\n")
    assert "\n" not in content.replace("\r\n", "")
    lines = content.replace("\r\n ", "").split("\r\n")[:-1]
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-1] == "END:VCALENDAR"
    found = dict(line.split(":", 1) for line in lines if not line.startswith(("BEGIN", "END")))
    plain = {"\\n": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}
    for name, value in found.items():
        pieces, rest = "", value
        while rest:
            size = 2 if rest[:2] in plain else 1
            pieces, rest = pieces + plain.get(rest[:2], rest[0]), rest[size:]
        found[name] = pieces
    return found


def read(report: Report, language: str = "ar", at: datetime = NOW) -> dict[str, str]:
    with override(language):
        return properties(calendar_file(Report.objects.get(pk=report.pk), at=at).content)


def moved(report: Report, days: int = 20) -> None:
    start = timezone.now() + timedelta(days=days)
    actions.reschedule(
        report, window_start=start, window_end=start + timedelta(hours=2), note="كلمة سرية", by=filer_of(report)
    )


def test_it_says_when_what_and_how_long() -> None:
    start = datetime(2027, 1, 5, 22, 0, tzinfo=UTC)
    report = a_report(ReportKind.MAINTENANCE, window_start=start, window_end=start + timedelta(hours=4))
    said = read(report, "en")
    assert said["METHOD"] == "PUBLISH" and said["VERSION"] == "2.0"
    assert said["UID"] == f"{report.reference}@localhost"
    assert (said["DTSTART"], said["DTEND"]) == ("20270105T220000Z", "20270106T020000Z")
    assert said["DTSTAMP"] == "20261101T093000Z"
    assert (said["STATUS"], said["SEQUENCE"]) == ("CONFIRMED", "0")
    assert said["SUMMARY"] == f"Maintenance of “{report.main_service.name_en}”"
    assert said["DESCRIPTION"].split("\n") == [
        f"Reference: {report.reference}",
        f"Entity: {report.entity.name_en}",
        f"Service: {report.main_service.name_en}",
        "Expected downtime: 1 hour",
    ]


def test_arabic_survives_the_folding_and_no_line_is_too_long() -> None:
    name = "خدمة إصدار التراخيص، والسجلات؛ " * 6
    report = a_report(ReportKind.MAINTENANCE, service=a_service(name_ar=name))
    with override("ar"):
        content = calendar_file(report, at=NOW).content
    assert max(len(line.encode()) for line in content.split("\r\n")) <= LONGEST_LINE
    assert properties(content)["SUMMARY"] == f"صيانة «{name}»"


def test_what_has_a_meaning_in_the_format_is_escaped() -> None:
    name = "Portal; v1, C:\\new\r\nSTATUS:CANCELLED\r\nX-EVIL:1"
    report = a_report(ReportKind.MAINTENANCE, service=a_service(name_en=name))
    said = read(report, "en")
    assert said["STATUS"] == "CONFIRMED"
    assert "X-EVIL" not in said
    assert "Portal; v1, C:\\new\nSTATUS:CANCELLED" in said["SUMMARY"]


def test_a_reschedule_raises_the_sequence_and_keeps_the_entry() -> None:
    report = a_report(ReportKind.MAINTENANCE)
    first = read(report)
    moved(report)
    second = read(report)
    moved(report, days=25)
    third = read(report)
    assert [each["SEQUENCE"] for each in (first, second, third)] == ["0", "1", "2"]
    assert len({each["UID"] for each in (first, second, third)}) == 1
    assert len({each["DTSTART"] for each in (first, second, third)}) == 3


def test_a_cancelled_window_leaves_the_calendar() -> None:
    report = a_report(ReportKind.MAINTENANCE)
    moved(report)
    actions.move(report, "cancel", note="كلمة سرية", by=filer_of(report))
    said = read(report)
    assert (said["STATUS"], said["SEQUENCE"], said["METHOD"]) == ("CANCELLED", "2", "CANCEL")
    assert said["ORGANIZER"] == "mailto:operations@portal.example"


def test_an_extension_moves_the_end_and_nothing_else() -> None:
    now = timezone.now()
    window = {"window_start": now, "window_end": now + timedelta(hours=1)}
    report = a_report(ReportKind.MAINTENANCE, is_emergency=True, emergency_reason="ثغرة", **window)
    actions.start_window(report, by=filer_of(report))
    first, until = read(report), now + timedelta(hours=2)
    actions.extend_window(report, until=until, note="كلمة سرية", by=filer_of(report))
    changed = {name: value for name, value in read(report).items() if first[name] != value}
    assert changed == {"SEQUENCE": "1", "DTEND": f"{until.astimezone(UTC):%Y%m%dT%H%M%SZ}"}


def test_it_holds_no_word_that_somebody_typed() -> None:
    typed = ("title", "summary", "reason", "rollback_plan", "alternative_channel", "onsite_contact")
    report = a_report(ReportKind.MAINTENANCE, **dict.fromkeys(typed, "كلمة سرية"))
    moved(report)
    assert "سرية" not in "".join(read(report).values())


@pytest.mark.parametrize("demo", [True, False])
def test_the_demos_entries_say_that_they_are(settings: Any, demo: bool) -> None:
    settings.DEMO = demo
    assert ("Demo data" in read(a_report(ReportKind.MAINTENANCE), "en")["DESCRIPTION"]) == demo


def test_whoever_sees_the_report_gets_it(client_of: ClientOf) -> None:
    report = a_report(ReportKind.MAINTENANCE)
    url = f"/en/reports/{report.reference}/window.ics"
    for person in (filer_of(report), a_person(Role.MEMBER, entity=report.entity), a_reviewer()):
        browser = client_of(person)
        assert "window.ics" in text_of(get(browser, report))
        answer = browser.get(url)
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer["Content-Disposition"] == f'attachment; filename="{report.reference}.ics"'
        assert properties(answer.content.decode())["UID"].startswith(report.reference)
    assert client_of(a_person()).get(url).status_code == 404


def test_an_outage_has_no_window(client_of: ClientOf) -> None:
    report = a_report()
    browser = client_of(filer_of(report))
    assert browser.get(f"/reports/{report.reference}/window.ics").status_code == 404
    assert "window.ics" not in text_of(get(browser, report))
