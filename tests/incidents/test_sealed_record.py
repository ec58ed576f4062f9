"""The sealed record: made once a closing and a language, the same bytes ever after, for entity and authority."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions, record
from incidents.actions import sealing
from incidents.errors import PaperUnavailable
from incidents.lifecycle import ReportKind
from incidents.models import Report, SealedRecord
from incidents.record import record_html
from tests.factories import a_person, a_report, a_reviewer
from tests.incidents.finals import filer_of, restored, submitted
from tests.incidents.pages import get, messages_of, targets, text_of, upload

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


class Press:
    """Stands for WeasyPrint: every paper it makes is another; `between` happens while it works."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.between: Callable[[], object] | None = None
        self.error: Exception | None = None

    def __call__(self, html: str, *, sheet: str) -> bytes:
        if self.error:
            raise self.error
        self.made.append(html)
        if self.between:
            self.between()
        return b"%%PDF-1.7 number %d" % len(self.made)


@pytest.fixture(autouse=True)
def press(monkeypatch: pytest.MonkeyPatch) -> Press:
    press = Press()
    monkeypatch.setattr(sealing, "pdf", press)
    return press


def fresh(report: Report) -> Report:
    return Report.objects.get(pk=report.pk)


def close(report: Report) -> Report:
    actions.move(report, "close", by=a_reviewer(Role.LEAD))
    return fresh(report)


def closed(**columns: Any) -> Report:
    return close(submitted(restored(**columns)))


def consumed() -> Report:
    report = a_report(ReportKind.CONSUMED_OUTAGE)
    actions.restore(report, restored_at=timezone.now(), by=filer_of(report))
    return close(report)


def ask(client: Client, report: Report, *, english: bool = False) -> Any:
    return client.get(f"{'/en' if english else ''}/reports/{report.reference}/record.pdf")


def kept_files(root: Any) -> list[Path]:
    return [path for path in Path(root).rglob("*.pdf") if path.is_file()]


# --- Once, and the same -------------------------------------------------------------------------------------------


def test_everyone_gets_the_same_bytes_and_they_are_made_once(client_of: ClientOf, press: Press) -> None:
    report = closed()
    answers = [ask(client_of(person), report) for person in (filer_of(report), a_reviewer(), a_person(Role.AUDITOR))]
    assert {answer.content for answer in answers} == {b"%PDF-1.7 number 1"}
    assert answers[0]["Content-Type"] == "application/pdf"
    assert answers[0]["Content-Disposition"] == f'attachment; filename="{report.reference}-ar.pdf"'
    assert answers[0]["Cache-Control"] == "no-store"
    assert len(press.made) == 1


def test_what_is_kept_is_the_seal_of_the_closing(client_of: ClientOf) -> None:
    report = closed()
    content = ask(client_of(a_reviewer()), report).content
    sealed, closing = SealedRecord.objects.get(), report.events.last()
    assert closing is not None and closing.move == "close"
    assert (sealed.event_count, sealed.head_hash) == (closing.seq, closing.hash)
    assert (sealed.event_count, sealed.head_hash) == (report.event_count, report.head_hash)
    assert (sealed.closed_at, sealed.sha256) == (report.closed_at, hashlib.sha256(content).hexdigest())


def test_each_language_has_a_paper_of_its_own(client_of: ClientOf, press: Press) -> None:
    report, browser = closed(), client_of(a_reviewer())
    arabic, english = ask(browser, report), ask(browser, report, english=True)
    assert arabic.content != english.content
    assert '<html lang="ar" dir="rtl">' in press.made[0]
    assert '<html lang="en" dir="ltr">' in press.made[1]
    assert f"{report.reference}-en.pdf" in english["Content-Disposition"]


def test_nothing_is_made_while_a_report_is_being_closed(press: Press) -> None:
    closed()
    assert press.made == []


def test_a_review_that_is_opened_again_has_no_paper_and_then_a_new_one(client_of: ClientOf, press: Press) -> None:
    report, browser = closed(), client_of(a_reviewer())
    first = ask(browser, report).content
    actions.move(report, "reopen_closed", note="سبب", by=a_reviewer(Role.LEAD))
    assert ask(browser, report).status_code == 404
    report = close(fresh(report))
    assert ask(browser, report).content != first
    assert SealedRecord.objects.count() == 2
    assert len(press.made) == 2


def test_two_who_ask_at_once_get_one_paper(client_of: ClientOf, press: Press, settings: Any) -> None:
    report = closed()

    def somebody_else() -> None:
        press.between = None
        actions.seal(report, language="ar")

    press.between = somebody_else
    assert ask(client_of(a_reviewer()), report).content == b"%PDF-1.7 number 2"
    assert SealedRecord.objects.count() == len(kept_files(settings.MEDIA_ROOT)) == 1


def test_a_review_opened_while_the_paper_is_made_leaves_none(client_of: ClientOf, press: Press, settings: Any) -> None:
    report = closed()
    press.between = lambda: actions.move(report, "reopen_closed", note="سبب", by=a_reviewer(Role.LEAD))
    answer = ask(client_of(a_reviewer()), report)
    assert answer.status_code == 302
    assert not SealedRecord.objects.exists()
    assert kept_files(settings.MEDIA_ROOT) == []


# --- Who, and when ------------------------------------------------------------------------------------------------


def test_a_report_that_is_not_closed_has_none(client_of: ClientOf, press: Press) -> None:
    report = submitted(restored())
    browser = client_of(filer_of(report))
    assert ask(browser, report).status_code == 404
    assert "record.pdf" not in text_of(get(browser, report))
    assert press.made == []


def test_a_provider_reads_the_report_and_not_its_record(client_of: ClientOf) -> None:
    report = consumed()
    assert report.provider_service is not None
    provider = client_of(a_person(entity=report.provider_service.entity))
    assert get(provider, report).status_code == 200
    assert "record.pdf" not in text_of(get(provider, report))
    assert ask(provider, report).status_code == 404
    assert ask(client_of(filer_of(report)), report).status_code == 200


def test_the_door_of_the_rows_is_as_narrow(client_of: ClientOf) -> None:
    report = consumed()
    actions.seal(report, language="ar")
    assert report.provider_service is not None
    readers = (filer_of(report), a_reviewer(), a_person(entity=report.provider_service.entity), a_person())
    assert [SealedRecord.objects.visible_to(reader).count() for reader in readers] == [1, 1, 0, 0]
    assert SealedRecord.objects.visible_to(a_person(role=None)).count() == 0


@pytest.mark.parametrize("role", [Role.HEAD_CONTACT, Role.MEMBER, Role.IT_LEADER])
def test_a_closed_report_leads_to_it_twice(client_of: ClientOf, role: Role) -> None:
    report = closed()
    page = get(client_of(a_person(role, entity=report.entity)), report)
    assert f"/reports/{report.reference}/record.pdf" in targets(page)
    assert text_of(page).count("record.pdf") == 2


# --- When something is wrong --------------------------------------------------------------------------------------


def test_without_pango_there_is_the_page_to_print(client_of: ClientOf, press: Press) -> None:
    press.error = PaperUnavailable("Pango")
    report = closed()
    page = ask(client_of(a_reviewer()), report, english=True)
    assert page.status_code == 200
    assert "This server cannot make PDF files now." in messages_of(page)
    assert report.head_hash in text_of(page)
    assert not SealedRecord.objects.exists()


@pytest.mark.parametrize("wrong", ["changed", "missing"])
def test_a_file_that_is_not_what_was_sealed_is_not_given_out(
    client_of: ClientOf, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    report, browser = closed(), client_of(a_reviewer())
    ask(browser, report)
    path = Path(SealedRecord.objects.get().file.path)
    path.write_bytes(b"%PDF-1.7 forged") if wrong == "changed" else path.unlink()
    answer = ask(browser, report)
    assert answer.status_code == 302
    assert "forged" not in text_of(answer)
    assert "record_not_as_sealed" in caplog.text
    with pytest.raises(CommandError, match=r"Broken: 1\."):
        call_command("verify_history", stdout=StringIO(), stderr=(err := StringIO()))
    assert f"sealed record of {report.reference} (ar): its file is {wrong}." in err.getvalue()


def test_the_database_lets_no_seal_change(client_of: ClientOf) -> None:
    ask(client_of(a_reviewer()), closed())
    for change in (lambda rows: rows.update(sha256="0" * 64), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(SealedRecord.objects.all())


def test_the_command_says_how_a_report_is_sealed(client_of: ClientOf) -> None:
    report = closed()
    ask(client_of(a_reviewer()), report)
    call_command("verify_history", report.reference, stdout=(out := StringIO()))
    sealed = SealedRecord.objects.get()
    for part in (f"{report.reference}: {report.event_count} events", sealed.head_hash, sealed.sha256, "whole"):
        assert part in out.getvalue()
    with pytest.raises(CommandError, match="There is no report"):
        call_command("verify_history", "OUT-1999-000001")


# --- What it tells ------------------------------------------------------------------------------------------------


def paper_of(report: Report, language: str = "en") -> str:
    report = Report.objects.for_page().get(pk=report.pk)
    return record_html(report, actions.closing_of(report), language=language)


def test_it_tells_the_whole_case() -> None:
    report = restored()
    actions.attach(report, upload=upload("log.txt", b"x"), content_type="text/plain", by=filer_of(report))
    report = close(submitted(report))
    html, final = paper_of(report), report.final_report
    digest = hashlib.sha256(b"x").hexdigest()
    needed = [
        report.reference, report.entity.name_en, report.main_service.name_en, "Critical", "(S1)", "Restricted",
        report.summary, "1 h after “Start of the outage”", final.executive_summary, final.root_cause, "60 (1 hour)",
        "حدث رقم 3", "إجراء 1", final.attested_by.name_en, final.countersigned_by.name_en, "log.txt", digest,
        "Report closed", report.head_hash, f"Sealed with {report.event_count} events",
    ]  # fmt: skip
    for part in needed:
        assert str(part) in html, part
    for seq in range(1, report.event_count + 1):
        assert f'<td class="seq">{seq}</td>' in html


def test_it_ends_with_the_event_that_closed_it() -> None:
    report = closed()
    before = paper_of(report)
    with transaction.atomic():
        later = Report.objects.get(pk=report.pk)
        later.record("UPDATED", by=None, at=timezone.now(), data={"message": "کلمة لاحقة"})
        later.save()
    assert paper_of(report) == before


def test_a_very_long_history_leaves_its_reminders_in_the_portal(monkeypatch: pytest.MonkeyPatch) -> None:
    report = restored()
    actions.record_due_reminders(at=timezone.now() + timedelta(days=11))
    report = close(submitted(fresh(report)))
    reminded = report.events.filter(kind="REMINDED").count()
    assert reminded
    whole = paper_of(report)
    assert "left out" not in whole
    monkeypatch.setattr(record, "LONGEST_LOG", 2)
    short = paper_of(report)
    assert f"{reminded} reminder" in short and "left out" in short
    assert whole.count('<td class="seq">') - short.count('<td class="seq">') == reminded
    assert f"Sealed with {report.event_count} events" in short


def test_every_moment_carries_its_year() -> None:
    html = paper_of(closed())
    times = html.split("<time ")[1:]
    assert times
    assert all(str(timezone.localtime().year) in each.split(">")[1].split("<")[0] for each in times)


def test_each_kind_has_one() -> None:
    report = consumed()
    assert report.main_service.name_en in paper_of(report)
    assert "Final report" not in paper_of(report)


@pytest.mark.parametrize("demo", [True, False])
def test_the_demos_papers_say_that_they_are(settings: Any, demo: bool) -> None:
    settings.DEMO = demo
    report = closed()
    assert ("Demo data" in paper_of(report)) == ("بيانات تجريبية" in paper_of(report, "ar")) == demo


def test_what_people_typed_is_text() -> None:
    evil = '<script>alert(1)</script><img src="file:///etc/passwd"> =HYPERLINK("http://evil.example")'
    report = restored(tier=3, summary=evil, workaround=evil)
    html = paper_of(close(submitted(report)))
    assert "<script" not in html and "<img" not in html
    assert "&lt;script&gt;" in html
